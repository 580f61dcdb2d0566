"""The names of ``theano.tensor``."""

import pytensor.tensor as _pt
from pytensor.gradient import (
    Lop,
    Rop,
    disconnected_grad,
    grad,
    hessian,
    jacobian,
    verify_grad,
    zero_grad,
)
from pytensor.raise_op import Assert
from pytensor.scalar import upcast

from autoenc.theano.flags import config
from autoenc.theano.meaning.arithmetic import (
    abs_,
    choose,
    clip,
    consider_constant,
    div_proxy,
    inv,
    largest,
    max_and_argmax,
    mean,
    sgn,
    smallest,
    tensordot,
)
from autoenc.theano.meaning.broadcasting import (
    Rebroadcast,
    addbroadcast,
    patternbroadcast,
    unbroadcast,
)
from autoenc.theano.meaning.creation import (
    alloc,
    col,
    cols,
    constant,
    identity_like,
    matrices,
    matrix,
    ones,
    ones_like,
    row,
    rows,
    scalar,
    scalars,
    tensor,
    tensor3,
    tensor3s,
    tensor4,
    tensor4s,
    tensor5,
    tensor5s,
    tensor6,
    tensor6s,
    tensor7,
    tensor7s,
    vector,
    vectors,
    zeros,
    zeros_like,
)
from autoenc.theano.meaning.dtypes import constructors as _constructors
from autoenc.theano.meaning.shapes import (
    flatten,
    is_flat,
    repeat,
    reshape,
    split,
    squeeze,
    stack,
    tile,
    transpose,
    unravel_index,
)
from autoenc.theano.meaning.sharing import shared as _shared
from autoenc.theano.names import resolver as _resolver

# One for each dtype and number of dimensions: fmatrix, lscalars ...
globals().update(_constructors())

# PyTensor gives these names a module or another kind of object.
round = _pt.round  # noqa: A001
abs = _pt.abs  # noqa: A001
max = _pt.max  # noqa: A001
min = _pt.min  # noqa: A001
sum = _pt.sum  # noqa: A001
all = _pt.all  # noqa: A001
any = _pt.any  # noqa: A001
pow = _pt.pow  # noqa: A001

__getattr__ = _resolver("tensor")
