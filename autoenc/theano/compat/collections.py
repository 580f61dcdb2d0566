"""The names of ``theano.compat.collections``."""

from collections import OrderedDict

__all__ = ["OrderedDict"]
