"""Train the same autoencoder with autoenc and its competitors, side by side.

    python -m benchmarks.training --batch-sizes 20 500 --rounds 7 --output docs/benchmarks.md

Every competitor runs in a process of its own and sleeps while the others have their turn. After
a warm-up epoch each trains an epoch in every round, the order rotating; what counts is the median
over the rounds and, as a machine's speed wanders, the ratios within a round. All must reach the
same costs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import machine, report
from benchmarks.field import Entrant, everyone, present
from benchmarks.images import write_images
from benchmarks.runner import Measurement, check_costs, measure
from benchmarks.worker import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

Results = dict[str, Measurement]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training", description=__doc__.partition("\n")[0]
    )
    add = parser.add_argument
    add("--batch-sizes", type=positive, nargs="+", default=[20, 500], metavar="N")
    add("--rounds", type=positive, default=7, help="turns of each competitor")
    add("--epochs", type=positive, default=1, help="epochs of a turn, whose time is their mean")
    add("--data", metavar="PATH", help="MNIST; what autoenc.load_mnist finds by default")
    add("--only", nargs="+", metavar="NAME", help="of: " + ", ".join(names()))
    add(
        "--theano-python",
        metavar="PATH",
        default=os.environ.get("THEANO_PYTHON"),
        help="a Python 3.8 to 3.10 that has Theano; $THEANO_PYTHON by default",
    )
    add("--output", type=Path, metavar="FILE", help="document whose section to replace")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def names() -> list[str]:
    """Return what ``--only`` knows."""
    return [entrant.name for entrant in everyone(None)]


def chosen(field: list[Entrant], only: Sequence[str] | None) -> list[Entrant]:
    """Return the entrants that ``only`` names, or all."""
    unknown = set(only or ()) - {entrant.name for entrant in field}
    if unknown:
        raise SystemExit(f"--only: {', '.join(sorted(unknown))} not known; have {names()}")
    return [entrant for entrant in field if not only or entrant.name in only]


def command_line(options: argparse.Namespace) -> str:
    """Return the command, without the folders of this machine."""
    words = ["python -m benchmarks.training --batch-sizes", *map(str, options.batch_sizes)]
    words += ["--rounds", str(options.rounds), "--epochs", str(options.epochs)]
    for option, value in (("data", options.data), ("theano-python", options.theano_python)):
        words += [f"--{option}", Path(value).name] if value else []
    return " ".join([*words, *(["--only", *options.only] if options.only else [])])


def head(
    options: argparse.Namespace,
    rows: int,
    results: Sequence[Measurement],
    left_out: dict[str, str],
    load: float,
) -> str:
    """Return what was done, with what and where."""
    lines = [
        "## Training, side by side\n",
        f"Tied autoencoder 784-500, sigmoid, cross-entropy, SGD, float32, {rows:,} MNIST images "
        f"in file order. Medians and ranges of {options.rounds} rounds; ratios are taken within a "
        "round. Every competitor in a process of its own, taking turns, after a warm-up epoch.\n",
        f"- Command: `{command_line(options)}`",
        f"- Machine: {machine.describe()}; load before {load:.1f}",
        f"- Versions: {report.versions(results)}",
    ]
    lines += [f"- Left out: {name} ({reason})" for name, reason in left_out.items()]
    return "\n".join(lines)


def section(
    batch_size: int, entrants: list[Entrant], results: Results, rows: int, data_bytes: int
) -> str:
    """Return the tables of one minibatch size."""
    apart = check_costs(results)
    idle = max(m.idle_cpu for m in results.values())
    return (
        f"### Minibatches of {batch_size}\n\n"
        f"{report.speed_table(entrants, results, rows // batch_size)}\n\n"
        f"Costs of an epoch lie at most {apart:.1g} (relative) apart. "
        f"No competitor used more than {idle:.2f} s of processor time while waiting.\n\n"
        f"{report.start_table(entrants, results, data_bytes)}"
    )


def run(options: argparse.Namespace, data: Path) -> str:
    """Measure every minibatch size and return the report."""
    entrants, left_out = present(chosen(everyone(options.theano_python), options.only))
    if not entrants:
        raise SystemExit(f"nobody can run here: {left_out}")
    shape = np.load(data, mmap_mode="r").shape
    load = os.getloadavg()[0]
    parts: list[str] = []
    everything: list[Measurement] = []
    for batch_size in options.batch_sizes:
        task = Task(str(data), batch_size, 1 + options.rounds * options.epochs)
        results = measure(entrants, task, options.rounds, options.epochs)
        parts.append(section(batch_size, entrants, results, shape[0], 4 * shape[0] * shape[1]))
        everything += results.values()
    return "\n\n".join([head(options, shape[0], everything, left_out, load), *parts])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and, if asked to, write the report."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        text = run(options, write_images(options.data, Path(folder)))
    sys.stdout.write(text + "\n")
    if options.output:
        report.write_section(options.output, "training", text)


if __name__ == "__main__":
    main()
