"""Files that may or may not be gzipped, and what their damage looks like.

Gzip is recognised by a file's first bytes, not by its name: browsers and mirrors
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
        On leaving or reading, if the gzip data is damaged or cut short.
    """
    with path.open("rb") as file, damage_reported(path), unpacked(file) as stream:
        yield stream


def unpacked(file: io.BufferedIOBase) -> io.BufferedIOBase:
    """Return the content of an open, seekable file as a stream, unpacked if it is gzipped."""
    file.seek(0)
    packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    return gzip.GzipFile(fileobj=file, mode="rb") if packed else file


@contextmanager
def damage_reported(source: object) -> Iterator[None]:
    """Turn what gzip raises about damaged data into an error that names its source."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetFormatError(
            f"{source}: the gzip data is damaged or cut short ({error}); get the file again"
        ) from error
