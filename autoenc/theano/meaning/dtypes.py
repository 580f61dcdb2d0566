"""Constructors of variables of each dtype: ``fmatrix``, ``lscalars`` and the like."""

from __future__ import annotations

from functools import cache
from typing import Any

from pytensor.tensor.type import TensorType

from autoenc.theano.meaning.creation import Maker, several

_LETTERS = {
    "b": "int8",
    "w": "int16",
    "i": "int32",
    "l": "int64",
    "f": "float32",
    "d": "float64",
    "c": "complex64",
    "z": "complex128",
}
_SHAPES: dict[str, tuple[int | None, ...]] = {
    "scalar": (),
    "vector": (None,),
    "row": (1, None),
    "col": (None, 1),
    "matrix": (None, None),
    **{f"tensor{n}": (None,) * n for n in range(3, 8)},
}
_PLURALS = {"matrix": "matrices"}


@cache
def constructors() -> dict[str, Any]:
    """Return the constructors by name: callable types, and functions for several variables."""
    singular = {
        letter + name: TensorType(dtype, shape)
        for letter, dtype in _LETTERS.items()
        for name, shape in _SHAPES.items()
    }
    plural = {
        letter + _PLURALS.get(name, f"{name}s"): several(_named(letter + name, dtype, shape))
        for letter, dtype in _LETTERS.items()
        for name, shape in _SHAPES.items()
    }
    return {**singular, **plural}


def _named(name: str, dtype: str, shape: tuple[int | None, ...]) -> Maker:
    kind = TensorType(dtype, shape)

    def make(name: str | None = None) -> Any:
        return kind(name)

    make.__name__ = name
    return make
