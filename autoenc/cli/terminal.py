"""Print results and notes to a terminal, without control characters that foreign names contain."""

from __future__ import annotations

import sys

from autoenc.tables.text import plain


def say(text: str) -> None:
    """Print a result."""
    print(plain(text), flush=True)


def note(text: str) -> None:
    """Print a remark on one line, apart from the results."""
    print(f"note: {one_line(text)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Return a text on one line, without control characters.

    >>> one_line("several   lines")
    'several lines'
    """
    return plain(" ".join(text.split()), keep="")
