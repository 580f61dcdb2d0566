"""Theano's names on today's engines.

``python -m autoenc.theano script.py`` runs a script that begins with ``import theano``,
and new code can write ``import autoenc.theano as theano``.

``ops`` and ``random`` hold the operations and the random streams that PyTensor lacks or
defines differently; the other modules give them and PyTensor's own the names, the signatures
and the meaning that Theano 1.0.5 documented.
"""
