"""Read pickled NumPy arrays without executing anything in the file.

A pickle is a program: `pickle.load` executes any code that its author has written. The reader of
this module accepts only the few names that pickles of NumPy arrays use, in any version of NumPy
and in Python 2 or 3. It replaces them with its own constructors, which accept only plain numbers.
Every other name is refused before anything is called.

>>> import pickle, tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "arrays.pkl")
...     _ = path.write_bytes(pickle.dumps((np.arange(3, dtype=np.int32), "three digits")))
...     read_pickle(path)
(array([0, 1, 2], dtype=int32), 'three digits')
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "arrays.pkl")
...     _ = path.write_bytes(pickle.dumps(print))
...     read_pickle(path)
Traceback (most recent call last):
...
autoenc.datasets.errors.DatasetFormatError: ...arrays.pkl: refused, as it asks for
builtins.print, which is no part of a NumPy array

Many scripts saved their parameters as several pickles in one file:

>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "parameters.pkl")
...     with path.open("wb") as file:
...         for array in (np.eye(2), np.zeros(2)):
...             pickle.dump(array, file)
...     read_pickles(path)
[array([[1., 0.],
       [0., 1.]]), array([0., 0.])]
"""

import io
import math
import os
import pickle
import re
import reprlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from autoenc.datasets.errors import DatasetFormatError
from autoenc.datasets.gzipped import open_stream

MAX_BYTES = 1 << 30
MAX_PICKLES = 10_000
# An array takes a few opcodes, a single number takes one. These limits keep the cost of a small
# file below a second and 100 MB, and allow a matrix of the size of MNIST as a list of lists.
MAX_OPCODES = 400_000
MAX_CONTAINERS = 50_000
_CHUNK = 1 << 20
_NUMBER = re.compile(r"[biufc][0-9]{1,2}")
_MAX_DIMENSIONS = 32
_MAX_ITEM = 32
_ATOMS = (bool, int, float, complex, str, bytes, type(None), np.generic)


class _RefusalError(Exception):
    """The pickle contains something that no array needs; not raised outside this module."""


def read_pickle(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Any:
    """Read a pickle of NumPy arrays of numbers, gzipped or not.

    Parameters
    ----------
    path : str or path-like
        File with one pickle of any protocol, written by Python 2 or 3.
    max_bytes : int, default 2**30
        Maximum size of the unpacked pickle. Besides arrays, it may contain about 400,000 plain
        values.

    Returns
    -------
    object
        Arrays and plain values in tuples, lists and dicts. Arrays are writable and in native
        byte order. Strings that were written by Python 2 are returned as bytes.

    Raises
    ------
    DatasetFormatError
        If the pickle contains anything other than arrays of numbers, which the message names, or
        if it is damaged, truncated or too large. No function named in the pickle is ever called.

    Examples
    --------
    See the top of this module.
    """
    path = Path(path)
    with open_stream(path) as stream, _refusals_reported(path):
        bounded = _LimitedStream(stream, max_bytes)
        tree = _load(bounded)
        if not bounded.at_end():
            raise _RefusalError(
                "there is more data after its end; read_pickles reads a file of several"
            )
        return tree


def read_pickles(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> list[Any]:
    """Read all pickles of a file, gzipped or not.

    Many scripts saved parameters like this: ``pickle.dump(W, file)``, and then each bias.

    Parameters
    ----------
    path : str or path-like
        File with pickles of any protocol, written by Python 2 or 3, each by its own `dump` or
        `Pickler`.
    max_bytes : int, default 2**30
        Maximum total size of the unpacked pickles. The number of pickles is limited to 10,000,
        so that a small file with very many does not take hours.

    Returns
    -------
    list
        Content of each pickle, in the order of the file; see `read_pickle`.

    Raises
    ------
    DatasetFormatError
        If there is no pickle, if `read_pickle` would refuse one of them, or if other data follows;
        the message states which. No function named in a pickle is ever called.

    Examples
    --------
    See the top of this module.
    """
    path = Path(path)
    trees: list[Any] = []
    with open_stream(path) as stream:
        bounded = _LimitedStream(stream, max_bytes)
        at_end = False
        while not at_end:
            with _refusals_reported(f"{path}: pickle {len(trees) + 1} of the file"):
                if len(trees) == MAX_PICKLES:
                    raise _RefusalError(f"it is one more than the {MAX_PICKLES} allowed")
                trees.append(_load(bounded))
                at_end = bounded.at_end()
    return trees


@contextmanager
def _refusals_reported(source: object) -> Iterator[None]:
    """Convert the errors of the unpickler to a DatasetFormatError that names the source."""
    try:
        yield
    except _RefusalError as error:
        raise DatasetFormatError(f"{source}: refused, as {_brief(error)}") from error
    # Errors of the disk are passed on; those of gzip are reported by the stream.
    except OSError:
        raise
    # For damaged opcodes, the unpickler raises many kinds of errors.
    except Exception as error:
        raise DatasetFormatError(
            f"{source}: not a pickle of NumPy arrays, or damaged or cut short "
            f"({type(error).__name__}: {_brief(error)})"
        ) from error


def _brief(error: Exception) -> str:
    # Names in a file may be of any length.
    text = str(error)
    return text if len(text) <= 300 else f"{text[:300]}..."


def _load(stream: "_LimitedStream") -> Any:
    # encoding="bytes": Python 2 wrote the numbers as a string, which any other
    # encoding would decode and encode again.
    unpickler = _ArrayUnpickler(stream, encoding="bytes")
    # One table for all pickles of the file, which counts their opcodes.
    unpickler.dispatch = stream.opcodes  # type: ignore[misc]
    tree = unpickler.load()
    # The unpickler in C would continue with this data; the one in Python ignores it.
    if (frame := unpickler._unframer.current_frame) and frame.read(1):
        raise _RefusalError("there is more data in its last frame after its end")
    return _Finisher().finish(tree)


class _LimitedStream:
    """A stream with a maximum number of bytes, which never returns fewer than requested."""

    def __init__(self, stream: io.BufferedIOBase, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._ahead = b""
        self.opcodes = _Opcodes(_ArrayUnpickler.dispatch)

    def at_end(self) -> bool:
        """Return whether all data has been read; gzip has then checked its checksum."""
        self._ahead = self._ahead or self._stream.read(1)
        return not self._ahead

    def read(self, size: int) -> bytes:
        self._spend(size)
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        data = ahead + self._read(size - len(ahead))
        if len(data) < size:
            raise EOFError(f"the file ends {size - len(data)} bytes early")
        return data

    def _read(self, size: int) -> bytes:
        if size <= _CHUNK:
            return self._stream.read(size)
        # Allocate memory as data arrives: the file may state more than it contains.
        buffer = io.BytesIO()
        while chunk := self._stream.read(min(_CHUNK, size - buffer.tell())):
            buffer.write(chunk)
        return buffer.getvalue()

    def readline(self) -> bytes:
        # The byte read ahead begins a pickle, and is consumed before any line.
        line = self._stream.readline(self._left + 1)
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _RefusalError(f"it asks for more than the {self._max_bytes} bytes allowed")


_Dispatch: TypeAlias = dict[int, Callable[[Any], None]]


class _Opcodes(_Dispatch):
    """The functions of the opcodes, for a maximum number of opcodes."""

    def __init__(self, dispatch: _Dispatch) -> None:
        super().__init__(dispatch)
        self._left = MAX_OPCODES

    def __getitem__(self, opcode: int) -> Callable[[Any], None]:
        self._left -= 1
        if self._left < 0:
            raise _RefusalError(f"it has more than the {MAX_OPCODES} opcodes allowed")
        return super().__getitem__(opcode)


def _with_plain_keys(*opcodes: bytes, where: slice) -> _Dispatch:
    """Return the opcodes that fill dicts, with a check of the keys.

    Hashing nested tuples, each of which contains the next one twice, takes exponential time.
    `where` selects the keys from the stack.
    """

    def checked(load: Callable[[Any], None]) -> Callable[[Any], None]:
        def load_checked(unpickler: Any) -> None:
            for key in unpickler.stack[where]:
                if not all(isinstance(part, _ATOMS) for part in _parts(key)):
                    raise _RefusalError(f"it has a dict with the key {reprlib.repr(key)}")
            load(unpickler)

        return load_checked

    return {opcode[0]: checked(pickle._Unpickler.dispatch[opcode[0]]) for opcode in opcodes}


def _parts(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def _refuse_set(_: object) -> NoReturn:
    raise _RefusalError("it holds a set on its own")


# The unpickler in Python, not the one in C: the latter allocates any memo index or buffer length
# that a file states, and holds long strings twice. An array takes few opcodes, so this is not
# slower.
class _ArrayUnpickler(pickle._Unpickler):
    """Builds arrays of numbers, and refuses everything else."""

    _unframer: Any
    dispatch: ClassVar[_Dispatch] = {
        **pickle._Unpickler.dispatch,
        **_with_plain_keys(pickle.DICT, pickle.SETITEMS, where=slice(0, None, 2)),
        **_with_plain_keys(pickle.SETITEM, where=slice(-2, -1)),
        **{opcode[0]: _refuse_set for opcode in (pickle.EMPTY_SET, pickle.FROZENSET)},
        # As bytes: a bytearray would be allocated before its length is checked.
        pickle.BYTEARRAY8[0]: pickle._Unpickler.dispatch[pickle.BINBYTES8[0]],
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _CONSTRUCTORS[module, name]
        except KeyError:
            raise _RefusalError(
                f"it asks for {module}.{name}, which is no part of a NumPy array"
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        raise _RefusalError(f"it asks for an object stored elsewhere, {reprlib.repr(pid)}")

    def get_extension(self, code: int) -> NoReturn:
        # The inherited method takes objects from a cache without calling find_class.
        raise _RefusalError(f"it asks for copyreg extension {code}")


class _Constructor:
    """A constructor for a name in the file; it can be called, but not modified."""

    __slots__ = ("_build",)

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build

    def __call__(self, *args: Any) -> Any:
        return self._build(*args)

    def __setstate__(self, state: object) -> None:
        raise _RefusalError("it alters the constructors of arrays")


class _Dtype:
    """A dtype under construction, of plain numbers only."""

    __slots__ = ("value",)

    def __init__(self, name: str | bytes, *_: object) -> None:
        text = name.decode("ascii") if isinstance(name, bytes) else name
        if not isinstance(text, str) or not _NUMBER.fullmatch(text):
            raise _RefusalError(
                f"it asks for arrays of {reprlib.repr(text)}, which are not plain numbers"
            )
        self.value: np.dtype[Any] = np.dtype(text).newbyteorder("<")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        # (version, byte order, subdtype, names, fields, item size, alignment[, flags]).
        # NumPy itself would trust the sizes and flags, which would allow access to any memory.
        _version, order, *structure = state
        if structure[:3] != [None, None, None]:
            raise _RefusalError("it asks for arrays of records, which are not plain numbers")
        # As bytes from Python 2, as a string from Python 3.
        if order in (">", b">"):
            self.value = self.value.newbyteorder(">")
        elif order not in ("<", b"<", "|", b"|"):
            raise _RefusalError(f"it asks for the byte order {reprlib.repr(order)}")


class _Array:
    """An array under construction."""

    __slots__ = ("axes", "dtype", "fortran", "raw", "shape")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, dtype, fortran, raw = state
        self.shape = _checked_shape(shape)
        self.dtype = _checked_dtype(dtype)
        self.fortran = bool(fortran)
        self.raw = _checked_raw(raw, math.prod(self.shape) * self.dtype.itemsize)
        self.axes = tuple(range(len(self.shape)))

    def finish(self) -> NDArray[Any]:
        array: Any = np.empty(0, self.dtype)
        # NumPy reuses the bytes if it can, so that they are in memory only once.
        array.__setstate__((1, self.shape, self.dtype, self.fortran, self.raw))
        transposed: NDArray[Any] = array.transpose(self.axes)
        return transposed


def _reconstruct(*_: object) -> _Array:
    # Called with the class, a first shape and a type code; the state follows.
    return _Array()


def _from_buffer(
    raw: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str, axes: Any = None
) -> _Array:
    # Protocol 5. Order "K" is C order followed by a transposition.
    array = _Array()
    array.__setstate__((1, shape, dtype, order == "F", raw))
    if order == "K" and axes is not None:
        if not _is_shape(axes) or sorted(axes) != list(array.axes):
            raise _RefusalError(f"it asks for the axes {reprlib.repr(axes)} of an array")
        array.axes = tuple(axes)
    return array


def _scalar(dtype: _Dtype, raw: bytes) -> Any:
    plain = _checked_dtype(dtype)
    return np.frombuffer(_checked_raw(raw, plain.itemsize), plain)[0]


def _encode(text: str, encoding: str) -> bytes:
    # Python 3 writes bytes like this in protocols 0 to 2.
    if encoding not in ("latin1", "latin-1"):
        raise _RefusalError(f"it asks for the encoding {reprlib.repr(encoding)}")
    return str.encode(text, "latin-1")


def _empty_bytes() -> bytes:
    return b""


def _ndarray(*_: object) -> NoReturn:
    raise _RefusalError("it calls numpy.ndarray itself")


_CONSTRUCTORS: dict[tuple[str, str], _Constructor] = {
    ("numpy", "dtype"): _Constructor(_Dtype),
    ("numpy", "ndarray"): _Constructor(_ndarray),
    ("_codecs", "encode"): _Constructor(_encode),
    ("__builtin__", "bytes"): _Constructor(_empty_bytes),
    ("builtins", "bytes"): _Constructor(_empty_bytes),
    # NumPy 2 renamed numpy.core.
    ("numpy.core.multiarray", "_reconstruct"): _Constructor(_reconstruct),
    ("numpy._core.multiarray", "_reconstruct"): _Constructor(_reconstruct),
    ("numpy.core.multiarray", "scalar"): _Constructor(_scalar),
    ("numpy._core.multiarray", "scalar"): _Constructor(_scalar),
    ("numpy.core.numeric", "_frombuffer"): _Constructor(_from_buffer),
    ("numpy._core.numeric", "_frombuffer"): _Constructor(_from_buffer),
}


def _checked_shape(shape: Any) -> tuple[int, ...]:
    # NumPy computes the strides of an empty array from its other dimensions.
    if not _is_shape(shape) or _MAX_ITEM * math.prod(max(n, 1) for n in shape) > sys.maxsize:
        raise _RefusalError(f"it asks for an array of shape {reprlib.repr(shape)}")
    return shape


def _is_shape(shape: Any) -> TypeGuard[tuple[int, ...]]:
    return (
        isinstance(shape, tuple)
        and len(shape) <= _MAX_DIMENSIONS
        and all(isinstance(n, int) and 0 <= n <= sys.maxsize for n in shape)
    )


def _checked_dtype(dtype: Any) -> np.dtype[Any]:
    if not isinstance(dtype, _Dtype):
        raise _RefusalError("it builds an array without a dtype")
    return dtype.value


def _checked_raw(raw: Any, n_bytes: int) -> bytes:
    if not isinstance(raw, bytes):
        raise _RefusalError(f"it builds an array from a {type(raw).__name__}, not from bytes")
    if len(raw) != n_bytes:
        raise _RefusalError(f"it builds an array of {n_bytes} bytes from {len(raw)}")
    return raw


class _Finisher:
    """Convert the objects of the unpickler to arrays, each of them once."""

    def __init__(self) -> None:
        # The objects are kept, so that no id is reused.
        self._finished: dict[int, tuple[object, Any]] = {}
        self._raw: set[int] = set()

    def finish(self, node: Any) -> Any:
        if isinstance(node, _ATOMS):
            return node
        if id(node) not in self._finished:
            if len(self._finished) == MAX_CONTAINERS:
                raise _RefusalError(
                    f"it holds more than the {MAX_CONTAINERS} arrays and lists allowed"
                )
            self._finished[id(node)] = (node, self._finish_new(node))
        return self._finished[id(node)][1]

    def _finish_new(self, node: Any) -> Any:
        if isinstance(node, _Array):
            return self._finish_array(node)
        if isinstance(node, (tuple, list)):
            return type(node)(self.finish(child) for child in node)
        if isinstance(node, dict):
            return {self.finish(key): self.finish(value) for key, value in node.items()}
        raise _RefusalError(f"it holds a {type(node).__name__.lstrip('_').lower()} on its own")

    def _finish_array(self, node: _Array) -> NDArray[Any]:
        # Two arrays that share their bytes would change together. (Python has one object for
        # each single byte, which NumPy copies.)
        if len(node.raw) > 1 and id(node.raw) in self._raw:
            raise _RefusalError("two of its arrays share their numbers")
        self._raw.add(id(node.raw))
        return node.finish()
