"""Pickles that do harm if `pickle.load` reads them, and some that are not valid pickles.

Those that execute code create a file named `ran` in the working directory.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np

COMMAND = "touch ran"
EXTENSION = 0xF1


class Call:
    """Object that is pickled as a call of a function."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


class Elsewhere(pickle.Pickler):
    """Pickler that replaces strings by a persistent ID."""

    def persistent_id(self, obj: Any) -> str | None:
        """Return the persistent ID of a string."""
        return obj if isinstance(obj, str) else None


def by_identity(protocol: int) -> bytes:
    """Return a pickle of an object that is stored elsewhere."""
    file = io.BytesIO()
    Elsewhere(file, protocol).dump(["secret"])
    return file.getvalue()


def short(text: str) -> bytes:
    """Return the opcode of a short string."""
    return b"\x8c" + bytes([len(text)]) + text.encode()


def stack_global(module: str, name: str) -> bytes:
    """Return the opcodes of a name in protocol 4."""
    return short(module) + short(name) + b"\x93"


def array_state(dtype: bytes, raw: bytes, shape: bytes = b"K\x01\x85") -> bytes:
    """Return an array of one element, with the given opcodes for its dtype and content."""
    start = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
    return start + b"(K\x01" + shape + dtype + b"\x89" + raw + b"tb."


EIGHT = b"U\x08AAAAAAAA"
DTYPE = b"cnumpy\ndtype\n(U\x02%sK\x00K\x01tR"
CALL = short(COMMAND) + b"\x85"

CALLS: dict[str, Call] = {
    "os.system": Call(os.system, COMMAND),
    "builtins.eval": Call(eval, f"__import__('os').system({COMMAND!r})"),
    "builtins.exec": Call(exec, "open('ran', 'w')"),
    "builtins.__import__": Call(__import__, "os"),
    "builtins.getattr": Call(getattr, "", "format"),
    "builtins.open": Call(open, "ran", "w"),
    "subprocess.Popen": Call(subprocess.Popen, ["touch", "ran"]),
    "numpy.fromfile": Call(np.fromfile, "ran"),
    "numpy.load": Call(np.load, "ran"),
    "numpy.memmap": Call(np.memmap, "ran", "u1", "w+", 0, (1,)),
    "numpy.rec.array": Call(np.recarray, (1,)),
}
SCRIPT = "open('ran', 'w').close()"
OS = b"cbuiltins\n__import__\n(S'os'\ntR"
FROM_MEMO = short("os") + b"\x940" + short("system") + b"\x940h\x00h\x01\x93"
PARTIAL = b"cfunctools\npartial\n(cbuiltins\nprint\ntR"
# Pickles that execute code if pickle.load reads them, and the names for which they are refused.
EXECUTING: dict[str, tuple[bytes, str]] = {
    "os.system": (pickle.dumps(Call(os.system, COMMAND)), "posix.system"),
    "INST": (b"(S'touch ran'\nios\nsystem\n.", "os.system"),
    "OBJ": (b"(cos\nsystem\nS'touch ran'\no.", "os.system"),
    "GLOBAL": (b"cos\nsystem\n(S'touch ran'\ntR.", "os.system"),
    "GLOBAL posix": (b"cposix\nsystem\n(S'touch ran'\ntR.", "posix.system"),
    "STACK_GLOBAL": (b"\x80\x04" + stack_global("os", "system") + CALL + b"R.", "os.system"),
    "STACK_GLOBAL from the memo": (b"\x80\x04" + FROM_MEMO + CALL + b"R.", "os.system"),
    "EXT1": (b"\x80\x02\x82\xf1" + CALL + b"R.", "copyreg extension 241"),
    "EXT2": (b"\x80\x02\x83\xf1\x00" + CALL + b"R.", "copyreg extension 241"),
    "EXT4": (b"\x80\x02\x84\xf1\x00\x00\x00" + CALL + b"R.", "copyreg extension 241"),
    "eval": (pickle.dumps(Call(eval, SCRIPT)), "builtins.eval"),
    "exec": (pickle.dumps(Call(exec, SCRIPT)), "builtins.exec"),
    "eval of Python 2": (pickle.dumps(Call(eval, SCRIPT), 2), "__builtin__.eval"),
    "open": (pickle.dumps(Call(open, "ran", "w")), "open"),
    "subprocess": (pickle.dumps(Call(subprocess.call, ["touch", "ran"])), "subprocess.call"),
    "a chain of getattr": (
        b"cbuiltins\ngetattr\n(" + OS + b"S'system'\ntR(S'touch ran'\ntR.",
        "builtins.getattr",
    ),
    "a method's caller": (
        b"coperator\nmethodcaller\n(S'system'\nS'touch ran'\ntR(" + OS + b"tR.",
        "operator.methodcaller",
    ),
    "BUILD of what is then called": (
        PARTIAL + b"(cos\nsystem\n(S'touch ran'\nt}Ntb(tR.",
        "functools.partial",
    ),
    "a pickle in a pickle": (
        pickle.dumps(Call(pickle.loads, pickle.dumps(Call(os.system, COMMAND)))),
        "pickle.loads",
    ),
    "an object array": (
        pickle.dumps(np.array([1, Call(os.system, COMMAND)], dtype=object), 2),
        "arrays of 'O8'|posix.system",
    ),
    "a record array": (
        pickle.dumps(np.array([(1, Call(os.system, COMMAND))], dtype=[("a", "i4"), ("b", "O")])),
        "arrays of 'V|posix.system",
    ),
    "numpy.memmap": (pickle.dumps(Call(np.memmap, "ran", "u1", "w+", 0, (1,))), "numpy.memmap"),
    "NumPy's runner of strings": (
        b"cnumpy.testing._private.utils\nrunstring\n(V" + SCRIPT.encode() + b"\n}tR.",
        "numpy.testing._private.utils.runstring",
    ),
    "runpy": (b"crunpy\n_run_code\n(V" + SCRIPT.encode() + b"\n}tR.", "runpy._run_code"),
    "a module that lies beside": (b"cbeside\nanything\n.", "beside.anything"),
}
OPCODES: dict[str, tuple[bytes, str]] = {
    **EXECUTING,
    "NEWOBJ": (b"\x80\x04" + stack_global("subprocess", "Popen") + CALL + b"\x81.", "Popen"),
    "NEWOBJ_EX": (b"\x80\x04" + stack_global("os", "system") + CALL + b"}\x92.", "os.system"),
    "REDUCE of a class": (b"cbuiltins\nobject\n)R.", "builtins.object"),
    "Python 2 names": (b"c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval"),
    "Python 2 objects": (b"ccopy_reg\n_reconstructor\n.", "copy_reg._reconstructor"),
    "a name within a name": (
        b"\x80\x04" + stack_global("numpy", "ndarray.tofile") + b".",
        "numpy.ndarray.tofile",
    ),
    "bytes.fromhex": (b"\x80\x04" + stack_global("builtins", "bytes.fromhex") + b".", "fromhex"),
    "our own module": (
        b"\x80\x04" + stack_global("autoenc.datasets.pickles", "os.system") + b".",
        "autoenc.datasets.pickles",
    ),
    "PERSID": (b"Psecret\n.", "an object stored elsewhere, 'secret'"),
    "BINPERSID": (by_identity(4), "an object stored elsewhere, 'secret'"),
    "BUILD on a constructor": (
        b"cnumpy\ndtype\n}S'__call__'\nK\x01sb.",
        "alters the constructors",
    ),
    "BUILD of slots": (b"cnumpy\ndtype\nN}S'_build'\nK\x01s\x86b.", "alters the constructors"),
    "a call of ndarray": (b"cnumpy\nndarray\n(K\x01tR.", "calls numpy.ndarray itself"),
    "a constructor": (b"cnumpy\ndtype\n.", "holds a constructor on its own"),
    "a dtype": (pickle.dumps(np.dtype("f4")), "holds a dtype on its own"),
    "another encoding": (b"c_codecs\nencode\n(VAA\nVhex\ntR.", "the encoding 'hex'"),
    "an array of objects": (array_state(DTYPE % b"O8", b"]S'x'\na"), "arrays of 'O8'"),
    # NumPy itself trusts the flags, which state that these eight bytes are not a pointer.
    "an array of pointers": (
        array_state(
            DTYPE % b"O8" + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb", EIGHT
        ),
        "arrays of 'O8'",
    ),
    "an array of records": (array_state(DTYPE % b"V8", EIGHT), "arrays of 'V8'"),
    "a number made a record": (
        array_state(DTYPE % b"f8" + b"(K\x03U\x01|N)}K\x08K\x01K\x00tb", EIGHT),
        "arrays of records",
    ),
    "another byte order": (array_state(DTYPE % b"f8" + b"(K\x03U\x01?NNNtb", EIGHT), "byte order"),
    "no dtype": (array_state(b"S'f8'\n", EIGHT), "without a dtype"),
    "numbers from a list": (array_state(DTYPE % b"f8", b"]"), "from a list, not from bytes"),
    "too few numbers": (array_state(DTYPE % b"f8", b"U\x02AA"), "an array of 8 bytes from 2"),
    "a negative shape": (array_state(DTYPE % b"f8", EIGHT, b"J\xff\xff\xff\xff\x85"), "shape"),
    "a huge empty shape": (
        array_state(DTYPE % b"f8", b"U\x00", b"(K\x00\x8a\x08" + b"\xff" * 7 + b"\x0ft"),
        "an array of shape",
    ),
    "shared numbers": (
        b"("
        + array_state(DTYPE % b"f8", EIGHT + b"q\x05")[2:-1]
        + array_state(DTYPE % b"f8", b"h\x05")[2:-1]
        + b"t.",
        "share their numbers",
    ),
    "a second pickle": (pickle.dumps(1) * 2, "more data after its end"),
}
# Sixty tuples, each of which contains the previous one twice. Traversing all of them never ends.
LAUGHS = b")" + b"2\x86" * 60
MALFORMED: dict[str, bytes] = {
    "a memo bomb as a key": b"}" + LAUGHS + b"K\x01s.",
    "a memo bomb among keys": b"}(" + LAUGHS + b"K\x01u.",
    "a memo bomb in a dict": b"(" + LAUGHS + b"K\x01d.",
    "a memo bomb in a set": b"\x80\x04\x8f(" + LAUGHS + b"\x90.",
    "a memo bomb in a frozen set": b"\x80\x04(" + LAUGHS + b"\x91.",
    "a memo bomb as an identity": b"\x80\x02" + LAUGHS + b"Q.",
    "a memo bomb as a shape": array_state(DTYPE % b"f8", EIGHT, LAUGHS),
    "a million values": b"(" + b"N" * 1_000_000 + b"t.",
    "a million lists": b"(" + b"]" * 1_000_000 + b"t.",
    "a million names in the memo": b"(" + b"]\x94" * 500_000 + b"t.",
    "lists in lists": b"]" * 50_000 + b"a" * 49_999 + b".",
    "empty": b"",
    "text": b"<!doctype html>",
    "a long name": b"c" + b"x" * 5000 + b"\nsystem\n.",
    "a long number": b"I" + b"9" * 5000 + b"\n.",
    "no such opcode": b"\xff.",
    "an empty stack": b".",
    "no state": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R.",
    "a call of a number": b"K\x01)R.",
    "no memo": b"h\x05.",
    "deep": b"(" * 100_000 + b"t" * 100_000 + b".",
    "a list in itself": b"]q\x00h\x00a.",
    "LONG_BINPUT": b"K\x01r\xff\xff\xff\x7f",
    "BINBYTES8": b"\x80\x04\x8e" + struct.pack("<Q", 2**29),
    "BYTEARRAY8": b"\x80\x05\x96" + struct.pack("<Q", 2**29),
    "FRAME": b"\x80\x04\x95" + struct.pack("<Q", 2**29),
}
