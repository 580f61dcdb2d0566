"""Compare what a script prints with what it printed under the real Theano."""

import math
import re

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|\bnan\b|\binf\b")
TOLERANCE = 1e-6


def difference(expected, printed):
    """Return the first difference, or None.

    Integers and text must be the same to the byte, space apart, which NumPy lays out by the
    width of the numbers; numbers with a point to 1e-6, relative to what is above 1.
    """
    ours, theirs = _lines(printed), _lines(expected)
    for number, (their, our) in enumerate(zip(theirs, ours, strict=False), start=1):
        if not _agree(their, our):
            return f"line {number}: Theano printed {their!r}, here {our!r}"
    if len(ours) != len(theirs):
        return f"Theano printed {len(theirs)} lines, here {len(ours)}"
    return None


def _lines(text):
    """Logical lines: an array goes on to the bracket that closes it."""
    lines, held = [], ""
    for line in text.splitlines():
        held = f"{held} {line}" if held else line
        if held.count("[") <= held.count("]"):
            lines.append(held)
            held = ""
    return lines + [held] * bool(held)


def _agree(their, our):
    if _text(their) != _text(our):
        return False
    pairs = zip(NUMBER.findall(their), NUMBER.findall(our), strict=True)
    return all(_equal(a, b) for a, b in pairs)


def _text(line):
    """What is between the numbers, without spaces."""
    return "#".join(part.replace(" ", "") for part in NUMBER.split(line))


def _equal(their, our):
    if their == our:
        return True
    if their.lstrip("+-").isdigit() and our.lstrip("+-").isdigit():
        return False
    a, b = float(their), float(our)
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= TOLERANCE * max(1.0, abs(a))
