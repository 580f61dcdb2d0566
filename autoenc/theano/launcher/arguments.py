"""The command line of ``python -m autoenc.theano``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from autoenc.theano.launcher import running
from autoenc.theano.modernise.imports import read_as_python2

DESCRIPTION = (
    "Run a script that was written for Theano, unmodified. Its settings are read from "
    "THEANO_FLAGS, THEANORC and ~/.theanorc, as in Theano."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a script, module or command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Arguments; by default those of the command line.

    Returns
    -------
    int
        0, or 2 if a script cannot be read.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--python2"]:
        read_as_python2()
        del given[0]
    if given[:1] == ["-m"] and len(given) > 1:
        return running.run_module(given[1], given[2:])
    if given[:1] == ["-c"] and len(given) > 1:
        return running.run_command(given[1], given[2:])
    options = _parser().parse_args(given)
    if options.explain:
        from autoenc.theano.launcher.explaining import explain

        return explain([options.script, *options.arguments])
    return running.run_script(options.script, options.arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autoenc.theano",
        description=DESCRIPTION,
        usage="%(prog)s [--python2] [--explain] script.py [arguments] | -m module [...] | "
        "-c command [...]",
    )
    parser.add_argument(
        "--python2",
        action="store_true",
        help="read files as Python 2 even if they are valid Python 3, except those that support "
        "both versions; must be the first argument",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="explain how each line that uses Theano is handled, without running the script",
    )
    parser.add_argument("script", help="the script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    return parser
