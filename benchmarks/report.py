"""Measurements as Markdown, and a section of a document replaced by them."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.field import Entrant
    from benchmarks.runner import Measurement

# Those that the others are compared with: name, column title.
YARDSTICKS = {"jax": "time ÷ JAX's", "theano": "time ÷ Theano's"}
MIB = 2**20


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, rule, *rows])


def spread(values: Sequence[float], digits: str) -> str:
    """Return the median and, if there are several values, the smallest and the largest."""
    middle = format(median(values), digits)
    if len(values) < 2:
        return middle
    return f"{middle} ({min(values):{digits}} to {max(values):{digits}})"


def speed_table(
    entrants: Sequence[Entrant], results: dict[str, Measurement], n_minibatches: int
) -> str:
    """Return the times of a minibatch and the ratios of each round."""
    yardsticks = [name for name in YARDSTICKS if name in results]
    header = ["", "µs a minibatch", *(YARDSTICKS[name] for name in yardsticks)]
    rows = []
    for entrant in entrants:
        seconds = results[entrant.name].seconds
        micros = [s / n_minibatches * 1e6 for s in seconds]
        ratios = [
            [mine / its for mine, its in zip(seconds, results[name].seconds, strict=True)]
            for name in yardsticks
        ]
        rows.append(
            [entrant.description, spread(micros, ",.0f"), *(spread(r, ".2f") for r in ratios)]
        )
    return table(header, rows)


def start_table(
    entrants: Sequence[Entrant], results: dict[str, Measurement], data_bytes: int
) -> str:
    """Return the costs of starting: imports, the first epoch with compilation, and memory."""
    header = [
        "",
        "imports and data, s",
        "first epoch, s",
        "the same, from the compile cache, s",
        "later epochs, s",
        "peak memory, MiB",
        "÷ data",
    ]
    return table(header, [start_row(e, results[e.name], data_bytes) for e in entrants])


def start_row(entrant: Entrant, m: Measurement, data_bytes: int) -> list[str]:
    """Return one row of `start_table`."""
    cached = m.first_cold is not None
    return [
        entrant.description,
        f"{m.start_seconds:.1f}",
        f"{m.first_cold if m.first_cold is not None else m.first:.2f}",
        f"{m.first:.2f}" if cached else "",
        f"{median(m.seconds):.2f}",
        f"{m.peak_bytes / MIB:,.0f}",
        f"{m.peak_bytes / data_bytes:.1f}",
    ]


def versions(results: Iterable[Measurement]) -> str:
    """Return every library that took part, with its version."""
    found = {name: number for m in results for name, number in m.versions.items()}
    return ", ".join(f"{name} {number}" for name, number in sorted(found.items()))


def write_section(path: Path, name: str, text: str) -> None:
    """Put ``text`` between the markers of section ``name``; all else in the document stays.

    A document without the markers gets them at its end; one that is not there is made.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    document = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    if begin not in document:
        document = f"{document.rstrip()}\n\n{begin}\n{end}\n"
    before, _, rest = document.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path} has {begin} but no {end} after it; add it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
