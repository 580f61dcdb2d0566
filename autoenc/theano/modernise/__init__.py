"""Convert source text written for Python 2 or NumPy 1 to today's Python.

The conversion happens in memory; files are not changed.
"""

from autoenc.theano.modernise.source import Change, Modernised, modernise

__all__ = ["Change", "Modernised", "modernise"]
