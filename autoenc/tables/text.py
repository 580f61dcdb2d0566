r"""Text that is safe to print.

Names of files, columns, rows and labels come from the authors of files. A terminal executes
control characters in such names: they can hide earlier output, or change the title of the window.

>>> print(plain("age" + chr(27) + "[2J"))
age\x1b[2J
"""

from __future__ import annotations

import unicodedata

# Unicode's categories of control characters, of surrogates (in names that are not UTF-8), and of
# line separators.
_UNSAFE = {"Cc", "Cs", "Zl", "Zp"}
# These change the order in which other characters are shown.
_REORDERING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str, keep: str = "\n") -> str:
    r"""Return text with its control characters written as escapes.

    Parameters
    ----------
    text : str
        Any text.
    keep : str, default newline
        Characters to leave unchanged.

    Returns
    -------
    str
        Text without control characters, except those in `keep`.

    Examples
    --------
    >>> print(plain("größe" + chr(7)))
    größe\x07
    """
    return "".join(
        _escaped(character) if character not in keep and _is_unsafe(character) else character
        for character in text
    )


def counted(n: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "cell"), counted(2_000, "row")
    ('1 cell', '2,000 rows')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _is_unsafe(character: str) -> bool:
    return character in _REORDERING or unicodedata.category(character) in _UNSAFE


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
