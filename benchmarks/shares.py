"""Measure how much of a file each process reads when several processes train together.

    autoenc launch -n 4 benchmarks/shares.py rows.npy

For a fit of one epoch, the first process prints the bytes of the rows that it requested from the
source, and the bytes that the system read for it from files and from the other processes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import autoenc
from autoenc.sources import Source, open_source

ROWS_BEFORE = 5_000


class Counting:
    """Reader that counts the bytes of rows; see `autoenc.sources.Reader`."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.n_bytes = 0
        self.shape, self.dtype, self.piece = reader.shape, reader.dtype, reader.piece
        self.files: Sequence[Path] = []  # no summary of an earlier pass is used

    def read_into(self, first: int, out: Any) -> None:
        """Read rows."""
        self.n_bytes += out.nbytes
        self._reader.read_into(first, out)

    def settle(self) -> None:
        """Settle the underlying reader."""
        self._reader.settle()


def main(path: str) -> None:
    """Fit a model, and print the number of bytes read."""
    me = autoenc.distributed.initialize()
    model = autoenc.AutoEncoder(
        10, n_epochs=1, batch_size=500, random_state=0, verbose=False, devices="all",
        cost="squared_error", output="sigmoid", scale=None,
    )  # fmt: skip
    reader = Counting(open_source(path).reader)
    source = Source(reader, path)
    model.fit(source[:ROWS_BEFORE])  # compiles
    reader.n_bytes, before = 0, _bytes_read()
    started = perf_counter()
    model.fit(source)
    found = {
        "processes": me.count,
        "file_bytes": source.nbytes,
        "bytes_of_rows": reader.n_bytes,
        "bytes_read": _bytes_read() - before,
        "seconds": perf_counter() - started,
    }
    if me.is_first:
        print(json.dumps(found), flush=True)


def _bytes_read() -> int:
    lines = Path("/proc/self/io").read_text().split("\n")
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


if __name__ == "__main__":
    main(sys.argv[1])
