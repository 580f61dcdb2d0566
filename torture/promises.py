"""Small files whose headers claim large contents."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from typing import Any

import numpy as np

from autoenc.storage import METADATA_KEY


def model(header: object, data: bytes = b"") -> bytes:
    """Return a model file with any header, given as JSON text or as an object."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def _array(*shape: int, end: int = 4, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}


def _with_settings(text: str) -> bytes:
    return model({"__metadata__": {METADATA_KEY: text}})


def _idx(*sizes: int) -> bytes:
    return struct.pack(f">BBBB{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + bytes(16)


def npz(*shape: int, dtype: str = "|u1", data: bytes = b"", promised: int | None = None) -> bytes:
    """Return an archive of one array of any shape, which claims this size when unpacked."""
    member = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, header)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", member.getvalue() + data)
        if promised is not None:
            archive.infolist()[0].file_size = promised
    return file.getvalue()


TWICE = json.dumps(_array(1)).encode()
MODELS: dict[str, bytes] = {
    "2^60 numbers": model({"W": _array(2**60)}, bytes(4)),
    "2^60 numbers and their bytes": model({"W": _array(2**60, end=2**62)}, bytes(4)),
    "2^63 rows of none": model({"W": _array(0, 2**63, end=0)}),
    "2^31 numbers": model({"W": _array(2**31, end=2**33)}, bytes(4)),
    "100 dimensions": model({"W": _array(*[1] * 100)}, bytes(4)),
    "a header of 2^64 - 1 bytes": b"\xff" * 8 + b"{}",
    "a header of 2^60 bytes": struct.pack("<Q", 2**60) + b"{}",
    "a header of 99,999,999 bytes": struct.pack("<Q", 99_999_999) + b"{}",
    "100,000 arrays": model({f"W{i}": _array(0, end=0) for i in range(100_000)}),
    "an array twice": model(b'{"W":' + TWICE + b',"W":' + TWICE + b"}", bytes(4)),
    "arrays that overlap": model({"W": _array(1), "b": _array(1)}, bytes(4)),
    "brackets": model(b"[" * 1_000_000),
    "a million objects": model(b'{"W":[' + b"{}," * 1_000_000 + b"{}]}"),
    "bfloat16": model({"W": _array(2, dtype="BF16")}, bytes(4)),
    "8-bit floats": model({"W": _array(4, dtype="F8_E4M3")}, bytes(4)),
    "no settings": model({"W": _array(1)}, bytes(4)),
    "settings of brackets": _with_settings("[" * 1_000_000),
    "settings of 4,000,000 lists": _with_settings("[" + "[]," * 4_000_000 + "[]]"),
    "a setting of 5,000 digits": _with_settings('{"n": ' + "9" * 5000 + "}"),
    "settings that are a list": _with_settings("[]"),
}
IDX: dict[str, bytes] = {
    "2^60 numbers": _idx(2**20, 2**20, 2**20),
    "2^60 numbers, gzipped": gzip.compress(_idx(2**20, 2**20, 2**20)),
    "2^64 numbers of none": _idx(0, 2**32 - 1, 2**32 - 1, 2**32 - 1),
    # A size that a gzipped file could have.
    "as many as there might be": gzip.compress(
        _idx(2**29) + np.random.default_rng(0).bytes(600_000), 1
    ),
}
ARCHIVES: dict[str, bytes] = {
    "2^60 numbers": npz(2**60),
    "2^29 numbers": npz(2**29),
    "2^29 numbers, and so the archive": npz(2**29, promised=128 + 2**29),
    "2^60 records of none": npz(2**60, dtype="|V0"),
    "a negative size": npz(-(2**31)),
    "numbers of 2^30 bytes": npz(1, dtype="|S1073741824"),
}
