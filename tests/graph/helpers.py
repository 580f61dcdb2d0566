"""Evaluation of expressions in the tests of this subpackage."""

import numpy as np
from pytensor import config
from pytensor.gradient import verify_grad

# Every node runs as Python over NumPy, so that there is nothing to compile.
MODE = "FAST_COMPILE"

# PyTensor 3.3 looks for a BLAS to link with in this mode too, and warns where it finds none.
config.blas__ldflags = ""

FLOAT64 = {"floatX": "float64", "warn_float64": "ignore"}


def evaluate(expression, inputs=None):
    return expression.eval(inputs or {}, mode=MODE)


def check_gradient(function, *point):
    """Compare the gradient with finite differences in float64, at a point."""
    with config.change_flags(**FLOAT64):
        verify_grad(
            function,
            list(point),
            rng=np.random.default_rng(1),
            mode=MODE,
            # Otherwise one of its functions would be compiled by the default mode.
            no_debug_ref=False,
            abs_tol=1e-6,
            rel_tol=1e-5,
        )
