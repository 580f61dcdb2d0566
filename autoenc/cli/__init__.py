"""The command `autoenc`.

Each module in `COMMANDS` is one command: `add_parser` declares its options, and `run` executes
it. Libraries that are slow to import are imported by `run`.

The exit status is 0 on success, 1 after an error, which is printed on one line, 2 if the command
line is wrong, and 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import NoReturn

from autoenc import __version__
from autoenc.cli import (
    bench,
    doctor,
    export,
    impute,
    info,
    launch,
    plot,
    reconstruct,
    report,
    score,
    train,
    transform,
)
from autoenc.cli.options import in_options
from autoenc.cli.outputs import check_apart
from autoenc.cli.terminal import note, one_line
from autoenc.distributed import INTERRUPTED
from autoenc.tables.text import plain

COMMANDS = (
    train,
    launch,
    transform,
    reconstruct,
    impute,
    score,
    plot,
    report,
    export,
    info,
    doctor,
    bench,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words of the command line; by default those of this process.

    Returns
    -------
    int
        Exit status.
    """
    options = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _shower()
            warnings.filterwarnings("always", category=UserWarning)
            # Columns were matched by name when the file was read.
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            check_apart(options)
            return int(options.run(options))
    except KeyboardInterrupt as error:
        print(one_line(": ".join(["interrupted", *map(str, error.args)])), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of the output has closed it, so the rest must not be flushed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if options.verbose:
            print(plain(traceback.format_exc()), end="", file=sys.stderr)
        print(f"error: {_described(error)}", file=sys.stderr)
        return 1


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line that refers to the help."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with status 2."""
        self.exit(2, f"error: {one_line(message).removesuffix('.')}; see `{self.prog} --help`.\n")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="autoenc",
        description="Autoencoders written as Theano graphs.",
        epilog="`autoenc COMMAND --help` shows examples of a command.",
    )
    parser.add_argument("--version", action="version", version=f"autoenc {__version__}")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for command in COMMANDS:
        own = command.add_parser(commands)
        own.set_defaults(run=command.run)
        own.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    return parser


def _shower() -> Callable[..., None]:
    """Return a function that shows each warning once, however often rows are read."""
    shown: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if (text := str(message)) not in shown:
            shown.add(text)
            note(in_options(text))

    return show


def _described(error: Exception) -> str:
    text = one_line(in_options(str(error)))
    if isinstance(error, ValueError | RuntimeError | OSError | ArithmeticError) and text:
        return text
    return f"{type(error).__name__}: {text} (--verbose shows the traceback)"
