"""Common parts of the benchmarks: the command line, the data and the competitors."""

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
    """Error raised if none of the requested competitors can run."""


@dataclass
class Session:
    """One run of `python -m benchmarks`.

    Attributes
    ----------
    options : argparse.Namespace
        The command line.
    folder : Path
        Folder for the data of this run.
    cache : Path
        Folder for the compiled code of the competitors during this run.
    left_out : dict
        Reason why each competitor was left out.
    versions : dict
        Versions of the libraries that were measured.
    """

    options: argparse.Namespace
    folder: Path
    cache: Path
    left_out: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """Number of turns of each competitor."""
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
        """Models to train: all, or only 784-500 in a quick run."""
        names = self.options.works or (["784-500"] if self.options.quick else list(WORKS))
        return [WORKS[name] for name in names]

    def entrants(self, candidates: Sequence[Entrant] | None = None) -> list[Entrant]:
        """Return the candidates, by default of all competitors, that take part."""
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
            raise NobodyError(f"no competitor can run on {options.device}: {left_out or '--only'}")
        return here

    def note_versions(self, measurements: Iterable[Measurement]) -> None:
        """Record the versions of the libraries that were measured."""
        for measurement in measurements:
            self.versions |= measurement.versions

    def task(
        self, work: Work, batch_size: int, n_epochs: int, corruption: float = 0, **sizes: Any
    ) -> Task:
        """Return the task of the workers; ``n_rows`` is optional."""
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
    """Parse the command line, which may contain the common options and the ``accepted`` ones."""
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
    """Convert text to an integer of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


NAMES = tuple(entrant.name for entrant in everyone())
OPTIONS: dict[str, dict[str, Any]] = {
    "quick": {
        "action": "store_true",
        "help": "use few rows and rounds, to check that everything runs",
    },
    "device": {"choices": sorted(BATCH_SIZES), "default": "cpu", "help": "cpu by default"},
    "only": {
        "nargs": "+",
        "metavar": "NAME",
        "choices": NAMES,
        "help": "competitors, among: " + ", ".join(NAMES),
    },
    "data": {
        "metavar": "PATH",
        "help": "MNIST (default: as autoenc.load_mnist finds it), or a folder of data sets",
    },
    "alarms": {
        "action": "store_true",
        "help": "also count false alarms among rows known to be normal",
    },
    "choose": {
        "action": "store_true",
        "help": "also choose settings on half of the data sets, and evaluate them on the others",
    },
    "pieces": {
        "action": "store_true",
        "help": "also evaluate each part of the score alone",
    },
    "output": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "folder of benchmarks.md and benchmarks/ (docs; with --quick, out/benchmarks)",
    },
    "batch-sizes": {
        "type": positive,
        "nargs": "+",
        "metavar": "N",
        "help": "rows per minibatch; by default "
        + "; ".join(
            f"{name}: {', '.join(map(str, sizes))}" for name, sizes in BATCH_SIZES.items()
        ),
    },
    "masked": {"action": "store_true", "help": "train 784-500 only with masks"},
    "rounds": {"type": positive, "help": "number of turns of each competitor; 7 by default"},
    "epochs": {"type": positive, "default": 1, "help": "epochs per turn; 1 by default"},
    "works": {
        "nargs": "+",
        "metavar": "NAME",
        "choices": list(WORKS),
        "help": "models, among: " + ", ".join(WORKS),
    },
    "rows": {
        "type": positive,
        "metavar": "N",
        "help": "number of rows to apply a model to; 1,000,000 by default",
    },
    "scripts": {
        "nargs": "+",
        "metavar": "NAME",
        "choices": list(SCRIPTS),
        "help": "training functions, among: " + ", ".join(SCRIPTS),
    },
    "theano-python": {
        "metavar": "PATH",
        "default": os.environ.get("THEANO_PYTHON"),
        "help": "Python 3.8 to 3.10 with Theano; $THEANO_PYTHON by default",
    },
}
