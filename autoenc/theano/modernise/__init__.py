"""Source text of the time, in today's Python: Python 2's grammar, NumPy 1's rules.

Everything happens in memory; files stay as they are.
"""

from autoenc.theano.modernise.source import Change, Modernised, modernise

__all__ = ["Change", "Modernised", "modernise"]
