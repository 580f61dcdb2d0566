"""The command ``python -m autoenc.theano``: runs scripts that begin with ``import theano``."""

from autoenc.theano.launcher.arguments import main

__all__ = ["main"]
