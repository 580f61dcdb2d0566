"""The command `autoenc`.

Each module of this room that `COMMANDS` lists is one command. `add_parser` says which options it
has, and `run` does it; libraries that take time to import wait until then.

Exit status: 0; 1 after an error, which is told in one line; 2 if the command line is wrong;
130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import NoReturn

from autoenc import __version__
from autoenc.cli import (
    bench,
    doctor,
    export,
    info,
    plot,
    reconstruct,
    report,
    score,
    train,
    transform,
)

COMMANDS = (train, transform, reconstruct, score, plot, report, export, info, doctor, bench)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line by default.

    Returns
    -------
    int
        Exit status.
    """
    options = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            return int(options.run(options))
    except KeyboardInterrupt as error:
        print(": ".join(["interrupted", *map(str, error.args)]), file=sys.stderr)
        return train.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is left must not be flushed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if options.verbose:
            traceback.print_exc()
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 1


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line, which tells where there is more."""

    def error(self, message: str) -> NoReturn:
        """Print the message, and end with status 2."""
        told = " ".join(message.split()).removesuffix(".")
        self.exit(2, f"error: {told}; see `{self.prog} --help`.\n")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="autoenc",
        description="Autoencoders written as Theano graphs.",
        epilog="`autoenc COMMAND --help` has examples of each command.",
    )
    parser.add_argument("--version", action="version", version=f"autoenc {__version__}")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for command in COMMANDS:
        own = command.add_parser(commands)
        own.set_defaults(run=command.run)
        own.add_argument("--verbose", action="store_true", help="show where an error comes from")
    return parser


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"note: {' '.join(str(message).split())}", file=sys.stderr)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, ValueError | RuntimeError | OSError | ArithmeticError) and text:
        return text
    return f"{type(error).__name__}: {text} (--verbose shows where it comes from)"
