"""The names of ``theano.compat.python2x``."""

from collections import OrderedDict
from collections.abc import MutableMapping as DictMixin

__all__ = ["DictMixin", "OrderedDict"]
