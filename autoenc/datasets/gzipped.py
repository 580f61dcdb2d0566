"""Open files that may be gzipped.

Gzip is recognised by the first bytes of a file, not by its name, because browsers and mirrors
unpack files without renaming them.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoenc.datasets.errors import DatasetFormatError

GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def open_stream(path: Path) -> Iterator[io.BufferedIOBase]:
    """Open a file for reading, unpacking it if it is gzipped.

    Raises
    ------
    DatasetFormatError
        While reading or on leaving, if the gzip data is damaged or truncated.
    """
    with path.open("rb") as file, damage_reported(path), unpacked(file) as stream:
        yield stream


def unpacked(file: io.BufferedIOBase) -> io.BufferedIOBase:
    """Return a stream of an open, seekable file, unpacked if it is gzipped."""
    file.seek(0)
    packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    return gzip.GzipFile(fileobj=file, mode="rb") if packed else file


@contextmanager
def damage_reported(source: object) -> Iterator[None]:
    """Convert the errors of gzip to a DatasetFormatError that names the source."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetFormatError(
            f"{source}: the gzip data is damaged or cut short ({error}); get the file again"
        ) from error
