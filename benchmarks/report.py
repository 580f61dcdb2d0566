"""Measurements as Markdown, JSON and pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from autoenc.files import atomic_write
from autoenc.plotting import save_figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from benchmarks.field import Entrant
    from benchmarks.runner import Measurement

# The variants of autoenc with which the others are compared.
YARDSTICKS = ("autoenc-c-openblas", "autoenc-xla")
MIB = 2**20


@dataclass
class Outcome:
    """Result of a benchmark.

    Attributes
    ----------
    title, text : str
        Title and text of the section in Markdown: a description of the benchmark, and tables.
    raw : list of dict
        All measurements.
    figure : Figure or None
        Picture of the result.
    """

    title: str
    text: str
    raw: list[dict[str, Any]] = field(default_factory=list)
    figure: Figure | None = None


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, rule, *rows])


def spread(values: Sequence[float], digits: str) -> str:
    """Return the median and, for several values, the quartiles as text."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    if len(values) < 2:
        return format(middle, digits)
    return f"{middle:{digits}} ({low:{digits}} to {high:{digits}})"


def micros(seconds: Sequence[float], n: int) -> list[float]:
    """Return the microseconds per item."""
    return [s / n * 1e6 for s in seconds]


def ratios(name: str, to: str, results: dict[str, Measurement]) -> list[float]:
    """Return the times of ``name`` divided by those of ``to``, for each round."""
    pairs = zip(results[name].seconds, results[to].seconds, strict=True)
    return [mine / its for mine, its in pairs]


def speed_table(
    entrants: Sequence[Entrant],
    results: dict[str, Measurement],
    n_minibatches: int,
    apart: dict[str, float],
) -> str:
    """Return a table of times per minibatch, ratios to autoenc, and deviations of costs."""
    yardsticks = [name for name in YARDSTICKS if name in results]
    header = [
        "",
        "µs per minibatch",
        *(f"times the time of {n}" for n in yardsticks),
        "costs apart",
    ]
    rows = [
        [
            entrant.description,
            spread(micros(results[entrant.name].seconds, n_minibatches), ",.0f"),
            *(spread(ratios(entrant.name, name, results), ".2f") for name in yardsticks),
            f"{apart[entrant.name]:.0e}" if entrant.name in apart else "",
        ]
        for entrant in entrants
    ]
    return table(header, rows)


def raw(measurement: Measurement, **setting: Any) -> dict[str, Any]:
    """Return a measurement and its setting for JSON; versions are stored elsewhere, only once."""
    found = dict(measurement.__dict__)
    del found["versions"]
    return setting | found


def write_outcome(
    folder: Path, name: str, outcome: Outcome, head: str, about: dict[str, Any]
) -> None:
    """Write the section of ``folder/benchmarks.md``, its picture and its numbers."""
    pictures = folder / "benchmarks"
    text = f"## {outcome.title}\n\n{head}\n\n{outcome.text}"
    if outcome.figure is not None:
        save_figure(outcome.figure, pictures / f"{name}.png")
        text += f"\n\n![{outcome.title}](benchmarks/{name}.png)"
    write_text(pictures / f"{name}.json", json.dumps(about | {"measurements": outcome.raw}))
    write_section(folder / "benchmarks.md", name, text)


def write_section(path: Path, name: str, text: str) -> None:
    """Write ``text`` between the markers of section ``name``; leave the rest unchanged.

    If the document has no such markers, they are appended. A missing document is created.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    document = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    if begin not in document:
        document = f"{document.rstrip()}\n\n{begin}\n{end}\n"
    before, _, rest = document.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path} has {begin} but no {end} after it; add it.")
    write_text(path, f"{before}{begin}\n{text.strip()}\n{end}{after}")


def write_text(path: Path, text: str) -> None:
    """Write a text file, completely or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
