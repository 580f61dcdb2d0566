"""What the benchmarks have in common: the command line, the data, who takes part."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data import write_rows
from benchmarks.field import everyone, present
from benchmarks.scripts import SCRIPTS
from benchmarks.work import WORKS
from benchmarks.worker import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.field import Entrant
    from benchmarks.runner import Measurement
    from benchmarks.work import Work

BATCH_SIZES = {"cpu": (20, 100, 500), "cuda": (20, 500, 4096)}
QUICK_ROWS = 2_000


class NobodyError(RuntimeError):
    """None of the competitors asked for can run."""


@dataclass
class Session:
    """One run of `python -m benchmarks`.

    Attributes
    ----------
    options : argparse.Namespace
        The command line.
    folder : Path
        Where the data are written for this run.
    cache : Path
        Where the competitors keep compiled code during it.
    left_out : dict
        Why competitors did not take part.
    versions : dict
        Of the libraries that took part.
    """

    options: argparse.Namespace
    folder: Path
    cache: Path
    left_out: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """Turns of each competitor."""
        chosen: int = self.options.rounds or (2 if self.options.quick else 7)
        return chosen

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """Sizes of minibatches."""
        if self.options.batch_sizes:
            return tuple(self.options.batch_sizes)
        return (100,) if self.options.quick else BATCH_SIZES[self.options.device]

    @property
    def works(self) -> list[Work]:
        """Models to train; all, or in a quick run the usual one."""
        names = self.options.works or (["784-500"] if self.options.quick else list(WORKS))
        return [WORKS[name] for name in names]

    def entrants(self, candidates: Sequence[Entrant] | None = None) -> list[Entrant]:
        """Return those of the candidates, by default of all, that take part."""
        options = self.options
        field = everyone(options.theano_python) if candidates is None else candidates
        here, left_out = present(
            [
                entrant
                for entrant in field
                if options.device in entrant.devices
                and (not options.only or entrant.name in options.only)
            ]
        )
        self.left_out |= left_out
        if not here:
            raise NobodyError(f"nobody takes part on {options.device}: {left_out or '--only'}")
        return here

    def note_versions(self, measurements: Iterable[Measurement]) -> None:
        """Remember what the measurements were made with."""
        for measurement in measurements:
            self.versions |= measurement.versions

    def task(
        self, work: Work, batch_size: int, n_epochs: int, corruption: float = 0, **sizes: Any
    ) -> Task:
        """Return what workers are told; ``n_rows`` may be given."""
        n_rows = sizes.get("n_rows") or (QUICK_ROWS if self.options.quick else work.n_rows)
        if n_rows is not None:
            n_rows = max(n_rows, batch_size)
        return Task(
            str(write_rows(work, self.folder, self.options.data, n_rows)),
            work.n_visible,
            work.n_hidden,
            batch_size,
            n_epochs,
            self.options.device,
            {"corruption": str(corruption)} if corruption else {},
        )


def parse(
    prog: str, description: str, accepted: Sequence[str], arguments: Sequence[str]
) -> argparse.Namespace:
    """Read the command line; only the options that are ``accepted`` may be given."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common = ("quick", "device", "only", "data", "output")
    for name, settings in OPTIONS.items():
        if name in common or name in accepted:
            parser.add_argument(f"--{name}", **settings)
        else:
            parser.set_defaults(**{name.replace("-", "_"): settings.get("default")})
    options = parser.parse_args(arguments)
    options.output = options.output or Path("out/benchmarks" if options.quick else "docs")
    return options


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


NAMES = tuple(entrant.name for entrant in everyone())
OPTIONS: dict[str, dict[str, Any]] = {
    "quick": {"action": "store_true", "help": "few rows and rounds: shows that everything runs"},
    "device": {"choices": sorted(BATCH_SIZES), "default": "cpu", "help": "cpu by default"},
    "only": {
        "nargs": "+",
        "metavar": "NAME",
        "choices": NAMES,
        "help": "competitors, of: " + ", ".join(NAMES),
    },
    "data": {
        "metavar": "PATH",
        "help": "MNIST, by default what autoenc.load_mnist finds; of anomalies, a folder of sets",
    },
    "alarms": {
        "action": "store_true",
        "help": "also count false alarms among rows known to be normal",
    },
    "choose": {
        "action": "store_true",
        "help": "also choose settings on half of the sets, and judge them on the other half",
    },
    "pieces": {
        "action": "store_true",
        "help": "also judge each piece of the score by itself",
    },
    "output": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "for benchmarks.md and benchmarks/; docs by default, out/benchmarks if quick",
    },
    "batch-sizes": {
        "type": positive,
        "nargs": "+",
        "metavar": "N",
        "help": "rows of a minibatch; by default "
        + "; ".join(
            f"{name}: {', '.join(map(str, sizes))}" for name, sizes in BATCH_SIZES.items()
        ),
    },
    "masked": {"action": "store_true", "help": "of 784-500 only with masks"},
    "rounds": {"type": positive, "help": "turns of each competitor; 7 by default"},
    "epochs": {"type": positive, "default": 1, "help": "epochs of a turn; 1 by default"},
    "works": {
        "nargs": "+",
        "metavar": "NAME",
        "choices": list(WORKS),
        "help": "models, of: " + ", ".join(WORKS),
    },
    "rows": {"type": positive, "metavar": "N", "help": "rows to apply a model to; 1,000,000"},
    "scripts": {
        "nargs": "+",
        "metavar": "NAME",
        "choices": list(SCRIPTS),
        "help": "training functions, of: " + ", ".join(SCRIPTS),
    },
    "theano-python": {
        "metavar": "PATH",
        "default": os.environ.get("THEANO_PYTHON"),
        "help": "a Python 3.8 to 3.10 that has Theano; $THEANO_PYTHON by default",
    },
}
