"""The names of ``theano.gof.op``."""

from autoenc.theano.meaning.debug_values import (
    get_debug_values,
    get_test_value,
    missing_test_message,
)
from autoenc.theano.meaning.operations import Op, PureOp
from autoenc.theano.names import resolver as _resolver

__all__ = ["Op", "PureOp", "get_debug_values", "get_test_value", "missing_test_message"]

__getattr__ = _resolver("gof.op")
