"""Numbers of bytes, in human-readable form.

>>> bytes_of("2GB", "memory"), bytes_of("1.5 GiB", "memory"), bytes_of(1000, "memory")
(2000000000, 1610612736, 1000)
"""

from __future__ import annotations

import re

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY = {"ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40}
_PATTERN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*((?:[kmgt]i?)?)b?\s*", re.IGNORECASE)


def bytes_of(size: str | int, name: str) -> int:
    """Return a number of bytes.

    Parameters
    ----------
    size : str or int
        Size, such as ``"2GB"`` or ``"512MiB"``, or a number of bytes.
    name : str
        Name of the setting, for messages.

    Returns
    -------
    int
        The number of bytes.

    Raises
    ------
    ValueError
        If the size is not a number of bytes above 0.
    """
    found = _PATTERN.fullmatch(size) if isinstance(size, str) else None
    number: float | None = None
    if found:
        number = float(found[1]) * {**UNITS, **BINARY}[found[2].lower()]
    elif isinstance(size, int) and not isinstance(size, bool):
        number = size
    if number is None or not number >= 1:
        raise ValueError(
            f"{name} is {size!r}; expected a number of bytes, or one with a unit, such as '2GB'."
        )
    return int(number)
