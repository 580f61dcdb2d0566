"""Format of numbers on a page."""

from __future__ import annotations

import math

DIGITS = 3


def shown(value: float) -> str:
    """Write a number with three significant digits, and all digits before the point.

    >>> [shown(value) for value in (17140.3, 2001, 1.0, 0.017749, -0.5, 0.0)]
    ['17,140', '2001', '1', '0.0177', '-0.5', '0']
    >>> shown(1.5e-7), shown(2.5e20), shown(float("nan"))
    ('1.5e-07', '2.5e+20', 'nan')
    """
    size = abs(value)
    if size and not 1e-4 <= size < 1e12:
        return f"{value:.{DIGITS}g}"
    if size >= 10 ** (DIGITS - 1):
        return f"{value:,.0f}" if size >= 9999.5 else f"{value:.0f}"
    places = DIGITS - 1 - math.floor(math.log10(size)) if size else 0
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
