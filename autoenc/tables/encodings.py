r"""Character encodings of text files.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "a.csv")
...     _ = path.write_bytes("größe\n1\n".encode("utf-16"))
...     text_encoding(path, None, 1_000)
('utf-16', None)
"""

from __future__ import annotations

import codecs
import io
from pathlib import Path

from autoenc.datasets.gzipped import open_stream
from autoenc.tables.table import TableError

# Marks at the beginning of text that state its encoding; longer marks come first.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE = 1 << 16


def text_encoding(path: Path, given: str | None, limit: int) -> tuple[str, str | None]:
    """Find the character encoding of a text file.

    Parameters
    ----------
    path : Path
        A file, compressed or not.
    given : str or None
        Encoding that the user has specified.
    limit : int
        Maximum number of bytes to inspect.

    Returns
    -------
    encoding : str
    note : str or None
        Assumption that was made, if the file does not specify its encoding.

    Raises
    ------
    TableError
        If the encoding is unknown, or the file is not text.
    """
    if given is not None:
        return _known(path, given), None
    with open_stream(path) as stream:
        start = stream.read(_SAMPLE)
        for mark, name in _MARKS.items():
            if start.startswith(mark):
                return name, None
        if b"\0" in start:
            return _without_mark(path, start)
        if _is_utf_8(start, stream, limit):
            return "utf-8", None
    note = (
        f"{path}: the text is not UTF-8 and was read as Windows-1252 (latin-1); if that is wrong, "
        "use --encoding"
    )
    return "cp1252", note


def _known(path: Path, name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError as error:
        raise TableError(
            f"{path}: the encoding {name!r} is not known; expected a name such as utf-8, latin-1, "
            "cp1252 or utf-16."
        ) from error
    return "utf-8-sig" if found == "utf-8" else found


def _without_mark(path: Path, start: bytes) -> tuple[str, str | None]:
    """Return which UTF-16 a text is. Every other byte of most of its characters is 0."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < 3 * len(start) // 8 or min(even, odd) > len(start) // 16:
        raise TableError(
            f"{path}: not a text file, because it has zero bytes; is it a table? If so, use "
            "--encoding."
        )
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name, f"{path}: the text was read as {name.upper()}"


def _is_utf_8(start: bytes, stream: io.BufferedIOBase, limit: int) -> bool:
    decoder, part, seen = codecs.getincrementaldecoder("utf-8")(), start, 0
    try:
        while part and seen <= limit:
            decoder.decode(part)
            seen += len(part)
            part = stream.read(_SAMPLE)
        decoder.decode(b"", final=not part)
    except UnicodeDecodeError:
        return False
    return True
