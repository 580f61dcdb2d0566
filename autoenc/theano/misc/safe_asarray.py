"""The names of ``theano.misc.safe_asarray``."""

from autoenc.theano.meaning.arrays import _asarray

__all__ = ["_asarray"]
