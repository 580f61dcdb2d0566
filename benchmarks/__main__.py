"""Compare autoenc with its competitors, side by side.

    python -m benchmarks                   all of the benchmarks below
    python -m benchmarks training --help   one of them

training     time of a minibatch, and whether all reach the same cost
masks        the cost of corruption
checkpoints  the cost of a checkpoint after every epoch
startup      time of imports, and of the first epoch with empty and with filled compile caches
memory       peak memory, and its growth with the number of epochs
inference    a model applied to a million rows, compared with the products alone
many         sixteen small fits by fit_many, compared with one fit after the other
anomalies    how well detectors rank anomalies, and their speed; needs --data FOLDER
defaults     autoencoders with their default settings, compared with PCA of the same size
imputation   how well imputers fill in tables with categories; needs --data FOLDER
mixed        how well detectors find anomalies in tables with categories; needs --data FOLDER
theano-scripts
             training functions of scripts, compared with Theano; needs --theano-python PATH

Tables are written to benchmarks.md, pictures and raw numbers to benchmarks/ beside it.
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
# Options whose values are paths on this machine.
PATHS = ("data", "theano-python", "output")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks that the command line names."""
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
    # All benchmarks share a folder, so that data is written once and code is compiled once.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name, module in modules.items():
            session = Session(options, Path(folder), Path(folder, "cache"))
            measure(name, module.run, session)


def measure(name: str, run: Callable[[Session], report.Outcome], session: Session) -> None:
    """Run one benchmark, and write its results."""
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
    """Return the name of a section; each device and each choice of models has its own."""
    device = [] if options.device == "cpu" else [options.device]
    return "-".join([name, *device, *(options.works or [])])


def describe(name: str, session: Session, load: float) -> dict[str, Any]:
    """Return the conditions of a measurement, by name."""
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
    """Return the conditions of a measurement as Markdown."""
    lines = [f"- {key}: {f'`{v}`' if key == 'Command' else v}" for key, v in about.items()]
    return "\n".join(lines)


def command_line(options: argparse.Namespace) -> str:
    """Return the given options, with paths shortened to their last part."""
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
