"""Creation of symbolic variables and arrays, with Theano's arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor import config

from autoenc.graph.types import Expression
from autoenc.theano.meaning.tensor_types import TensorType

Maker = Callable[..., Expression]


def tensor(*arguments: Any, name: str | None = None, **more: Any) -> Expression:
    """Return a variable of type ``TensorType(dtype, broadcastable)``."""
    return TensorType(*arguments, **more)(name=name)


def _maker(name: str, shape: Sequence[int | None]) -> Maker:
    def make(name: str | None = None, dtype: Any = None) -> Expression:
        return TensorType(str(dtype or config.floatX), tuple(shape))(name=name)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Return a symbolic {name}; its dtype is ``floatX`` unless given."
    return make


def several(make: Maker) -> Callable[..., Any]:
    """Return a function that makes one variable for each name, or a given number of variables."""

    def make_all(*names: Any, dtype: Any = None) -> Any:
        more = {} if dtype is None else {"dtype": dtype}
        if len(names) == 1 and isinstance(names[0], int):
            names = (None,) * names[0]
        elif len(names) == 1:
            # A list of names, or a string whose letters are the names: matrices("xy").
            (names,) = names
        made = [make(name, **more) for name in names]
        return made[0] if len(made) == 1 else made

    make_all.__name__ = make_all.__qualname__ = f"several {make.__name__}"
    return make_all


scalar = _maker("scalar", ())
vector = _maker("vector", (None,))
row = _maker("row", (1, None))
col = _maker("col", (None, 1))
matrix = _maker("matrix", (None, None))
tensor3 = _maker("tensor3", (None,) * 3)
tensor4 = _maker("tensor4", (None,) * 4)
tensor5 = _maker("tensor5", (None,) * 5)
tensor6 = _maker("tensor6", (None,) * 6)
tensor7 = _maker("tensor7", (None,) * 7)

scalars = several(scalar)
vectors = several(vector)
rows = several(row)
cols = several(col)
matrices = several(matrix)
tensor3s = several(tensor3)
tensor4s = several(tensor4)
tensor5s = several(tensor5)
tensor6s = several(tensor6)
tensor7s = several(tensor7)


def constant(
    x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None
) -> Expression:
    """Return a constant; Python numbers have the smallest dtype that can represent them."""
    return pt.constant(x, name=name, ndim=ndim, dtype=dtype)


def alloc(value: Any, *shape: Any) -> Expression:
    """Return an array filled with a value; the shape may also be a list."""
    return _by_script(pt.alloc(value, *as_shape(shape)))


def zeros(shape: Any, dtype: Any = None) -> Expression:
    """Return an array of zeros."""
    return _by_script(pt.zeros(as_shape(shape), dtype=dtype))


def ones(shape: Any, dtype: Any = None) -> Expression:
    """Return an array of ones."""
    return _by_script(pt.ones(as_shape(shape), dtype=dtype))


def _by_script(array: Expression) -> Expression:
    """Mark an array whose lengths a script states; gradients allocate arrays without a mark."""
    array.tag.lengths_of_script = True
    return array


def has_lengths_of_script(variable: Any) -> bool:
    """Return whether a variable is an array whose lengths a script has stated."""
    return hasattr(variable.tag, "lengths_of_script")


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Expression:
    """Return zeros in the shape of `model`."""
    return pt.zeros_like(model, dtype=dtype, opt=opt)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Expression:
    """Return ones in the shape of `model`."""
    return pt.ones_like(model, dtype=dtype, opt=opt)


def identity_like(x: Any) -> Expression:
    """Return the identity matrix with the size and dtype of a square matrix."""
    return pt.identity_like(x)


def as_shape(shape: Any) -> Any:
    """Return a shape with integer lengths; Theano also accepted floats such as 5.0."""
    if isinstance(shape, (list, tuple)):
        if len(shape) == 1 and isinstance(shape[0], (list, tuple)):
            return as_shape(shape[0])
        return [_whole(length) for length in shape]
    return _whole(shape)


def _whole(length: Any) -> Any:
    if isinstance(length, float) and length.is_integer():
        return int(length)
    return length
