"""Measure autoenc side by side with its competitors.

    python -m benchmarks                   all of the benchmarks below
    python -m benchmarks training --help   one of them

training     time of a minibatch, and whether all reach the same cost
masks        what corruption costs
checkpoints  what a checkpoint after every epoch costs
startup      imports; the first epoch, with empty and with full compile caches
memory       its peak, and its growth with the epochs
inference    a million rows through a model, against the bare products
many         sixteen small fits by fit_many, against one after the other
anomalies    how well detectors rank anomalies, and in what time; needs --data FOLDER
defaults     autoencoders as they come against PCA of the same size, on real tables
imputation   what imputers fill into tables with categories; needs --data FOLDER
mixed        which rows of tables with categories are strange; needs --data FOLDER
theano-scripts
             training functions of scripts for Theano, against Theano; needs --theano-python PATH

Tables go into benchmarks.md, pictures and raw numbers into benchmarks/ beside it.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import machine, report
from benchmarks.gpu import gpu_name
from benchmarks.session import NobodyError, Session, parse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

BENCHMARKS = (
    "training",
    "masks",
    "checkpoints",
    "startup",
    "memory",
    "inference",
    "many",
    "anomalies",
    "defaults",
    "imputation",
    "mixed",
    "theano-scripts",
)
# Of the command line, what is a path on this machine.
PATHS = ("data", "theano-python", "output")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    names = [words.pop(0)] if words and words[0] in BENCHMARKS else list(BENCHMARKS)
    modules = {name: import_module(f"benchmarks.{name.replace('-', '_')}") for name in names}
    one = len(names) == 1
    options = parse(
        f"python -m benchmarks{f' {names[0]}' if one else ''}",
        str((modules[names[0]] if one else sys.modules[__name__]).__doc__),
        sorted({option for module in modules.values() for option in module.OPTIONS}),
        words,
    )
    # One folder for all: data are written, and code is compiled, once.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name, module in modules.items():
            session = Session(options, Path(folder), Path(folder, "cache"))
            measure(name, module.run, session)


def measure(name: str, run: Callable[[Session], report.Outcome], session: Session) -> None:
    """Run one benchmark and write what it found."""
    options = session.options
    load = os.getloadavg()[0]
    try:
        outcome = run(session)
    except NobodyError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return
    about = describe(name, session, load)
    section = section_of(name, options)
    report.write_outcome(options.output, section, outcome, head(about), about)
    print(f"## {outcome.title}\n\n{head(about)}\n\n{outcome.text}\n", flush=True)


def section_of(name: str, options: argparse.Namespace) -> str:
    """Return what a section is called: runs on other devices or of other models are others."""
    device = [] if options.device == "cpu" else [options.device]
    return "-".join([name, *device, *(options.works or [])])


def describe(name: str, session: Session, load: float) -> dict[str, Any]:
    """Return what a reader has to know of a measurement."""
    device = {} if session.options.device == "cpu" else {"GPU": gpu_name()}
    return {
        "Command": f"python -m benchmarks {name}{command_line(session.options)}",
        "Date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Machine": f"{machine.describe()}; load before {load:.1f}",
        **device,
        "BLAS": machine.describe_blas(),
        "Versions": ", ".join(f"{n} {v}" for n, v in sorted(session.versions.items())),
        "Left out": "; ".join(f"{n} ({why})" for n, why in session.left_out.items()) or "none",
    }


def head(about: dict[str, Any]) -> str:
    """Return it as Markdown."""
    lines = [f"- {key}: {f'`{v}`' if key == 'Command' else v}" for key, v in about.items()]
    return "\n".join(lines)


def command_line(options: argparse.Namespace) -> str:
    """Return the options that were given, without the folders of this machine."""
    words = []
    for name, value in sorted(vars(options).items()):
        option = name.replace("_", "-")
        if option == "output" or value in (None, False) or (option, value) in DEFAULTS:
            continue
        values = value if isinstance(value, list) else [] if value is True else [value]
        shown = [Path(v).name if option in PATHS else str(v) for v in values]
        words += [f"--{option}", *shown]
    return "".join(f" {shlex.quote(word)}" for word in words)


DEFAULTS = (("device", "cpu"), ("epochs", 1))


if __name__ == "__main__":
    main()
