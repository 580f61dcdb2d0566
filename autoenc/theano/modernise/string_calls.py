"""Calls of functions and methods that took or returned strings in Python 2."""

from __future__ import annotations

import codecs
import struct
import subprocess
from collections.abc import Callable
from typing import Any

from autoenc.theano.modernise.binary_files import BinaryFile
from autoenc.theano.modernise.byte_strings import ByteString, as_bytes, as_string

# Codecs from text to text, and from bytes to bytes, which today's methods of strings refuse.
_OF_TEXT = frozenset({"rot13", "rot_13"})
_OF_BYTES = frozenset(
    codec
    for name in ("hex", "base64", "zlib", "bz2", "quopri", "uu")
    for codec in (name, f"{name}_codec")
) | {"zip"}
_ESCAPES = {"string_escape": "unicode_escape", "string-escape": "unicode_escape"}
# Modules whose functions compute with bytes.
_MODULES = frozenset({
    *("_blake2", "_hashlib", "_md5", "_sha1", "_sha2", "_sha3"),
    *("_struct", "base64", "binascii", "zlib"),
})  # fmt: skip
_CHECKSUMS = frozenset({"crc32", "adler32"})


def coded(of: Any, name: str, *arguments: Any, **more: Any) -> Any:
    """Call the method `encode` or `decode` of an object, which may be a string of Python 2.

    Text that is decoded is returned as it is, unless its characters are the bytes of other text.
    """
    if not isinstance(of, (str, bytes)):
        return getattr(of, name)(*arguments, **more)
    codec = str(more.get("encoding", arguments[0] if arguments else "utf-8"))
    errors = str(more.get("errors", arguments[1] if len(arguments) > 1 else "strict"))
    known, codec = codec.lower(), _ESCAPES.get(codec.lower(), codec)
    if known in _OF_TEXT:
        return codecs.encode(str(as_string(of)), known)
    if known in _OF_BYTES:
        convert = codecs.encode if name == "encode" else codecs.decode
        return as_string(convert(as_bytes(of), known))
    if name == "encode":
        return ByteString(of.encode(codec, errors)) if isinstance(of, str) else of
    return _decoded(of, codec, errors)


def _decoded(of: str | bytes, codec: str, errors: str) -> str:
    if isinstance(of, bytes):
        return of.decode(codec, errors)
    try:
        return of.encode("latin1").decode(codec)
    except UnicodeError:
        is_ascii = codecs.lookup(codec).name == "ascii"
        return of.encode(codec, errors).decode(codec) if is_ascii else of


def as_text(kind: Any, *arguments: Any, **more: Any) -> Any:
    """Call ``str`` with an encoding, which decodes; the string may be text."""
    if kind is str and arguments:
        return coded(arguments[0], "decode", *arguments[1:], **more)
    return kind(*arguments, **more)


def computed(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Call a function that may be one of `hashlib`, `struct`, `zlib`, `base64` or `binascii`."""
    of = getattr(function, "__self__", None)
    modules = {getattr(function, "__module__", None), type(of).__module__}
    modules.add(getattr(of, "__name__", None))  # for functions of a module in C
    if not modules & _MODULES:
        return function(*arguments, **more)
    name = getattr(function, "__name__", "")
    # The format of packed numbers stays text.
    n = 1 if "pack" in name and not isinstance(of, struct.Struct) else 0
    arguments = (*arguments[:n], *map(as_bytes, arguments[n:]))
    result = as_string(function(*arguments, **more))
    # Python 2's checksums were signed integers of 32 bits.
    return result - 2**32 if name in _CHECKSUMS and result >= 2**31 else result


def started(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Call a function that may start a process, whose pipes take text and give strings."""
    process = function(*arguments, **more)
    if isinstance(process, subprocess.Popen):
        for name in ("stdin", "stdout", "stderr"):
            pipe = getattr(process, name)
            if pipe is not None and not hasattr(pipe, "encoding"):
                setattr(process, name, BinaryFile(pipe))
    return process


def read(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Call a function or method that may return bytes, which become a string of Python 2."""
    result = function(*arguments, **more)
    return as_string(result) if type(result) is bytes else result


def communicated(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Call a method that may send text to a process and return what it has written."""
    if isinstance(getattr(function, "__self__", None), subprocess.Popen):
        arguments = tuple(map(as_bytes, arguments))
        more = {name: as_bytes(value) for name, value in more.items()}
    return as_string(function(*arguments, **more))


def joined(of: Any, *arguments: Any, **more: Any) -> Any:
    """Call the method `join` of an object; text joins strings of Python 2."""
    if not isinstance(of, str) or len(arguments) != 1:
        return of.join(*arguments, **more)
    parts = list(arguments[0])
    if any(isinstance(part, bytes) for part in parts):
        return ByteString(as_bytes(of)).join(parts)
    return of.join(parts)
