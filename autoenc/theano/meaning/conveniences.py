"""Small utility functions of Theano."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import Any

from autoenc.graph.types import Expression
from autoenc.theano.meaning.tensor_types import TensorType

object2 = object
Tensor = TensorType


def dot(l: Any, r: Any) -> Expression:  # noqa: E741 - Theano's names
    """Return the product of two matrices or vectors, dense or sparse.

    Raises
    ------
    NotImplementedError
        If neither operand supports the product.
    """
    reasons = []
    for left, right, method in ((l, r, "__dot__"), (r, l, "__rdot__")):
        try:
            result = getattr(left, method)(right)
        except (NotImplementedError, AttributeError, TypeError) as error:
            reasons.append(error)
            continue
        if result is not NotImplemented:
            return result
    raise NotImplementedError("Dot failed for the following reasons:", tuple(reasons))


def hashtype(self: Any) -> int:
    """Return a hash that is the same for all objects of a class."""
    kind = type(self)
    return hash(kind.__name__) ^ hash(kind.__module__)


def hash_from_code(msg: str | bytes) -> str:
    """Return a digest of source text, which may be the name of a module."""
    return "m" + hashlib.sha256(msg.encode() if isinstance(msg, str) else msg).hexdigest()


def uniq(seq: Iterable[Any]) -> list[Any]:
    """Return the distinct entries of a sequence in their order."""
    return list(dict.fromkeys(seq))


def flatten(a: Any) -> list[Any]:
    """Return the entries of nested lists, tuples and sets."""
    if isinstance(a, (tuple, list, set)):
        return [entry for part in a for entry in flatten(part)]
    return [a]


def sparse_grad(var: Any) -> Any:
    """Return an indexed variable whose gradient is sparse.

    Raises
    ------
    TypeError
        If the variable was not created by indexing with a vector.
    """
    from pytensor.sparse import sparse_grad as of_pytensor

    return of_pytensor(var)


def change_flags(given: Any = None, **flags: Any) -> Any:
    """Change settings temporarily, within a block or a decorated function."""
    from autoenc.theano.flags import config

    return config.change_flags(given, **flags)


def debug_assert(condition: Any, msg: str | None = None) -> None:
    """Do nothing: conditions depend on test values, which are not computed."""


def local_bitwidth() -> int:
    """Return the number of bits of a pointer."""
    return struct.calcsize("P") * 8


def python_int_bitwidth() -> int:
    """Return the number of bits of a C long, which is that of Python 2's integers."""
    return struct.calcsize("l") * 8


def test(*_: Any, **__: Any) -> None:
    """Print where the tests are."""
    print("The tests of autoenc.theano are in tests/theano of its repository.")
