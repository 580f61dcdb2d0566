"""`autoenc launch`: several processes of one training on this machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from autoenc.cli.parsing import new_parser
from autoenc.cli.supervision import supervise

EXAMPLES = """\
  autoenc launch -n 4 train rows.npy -o model.safetensors --checkpoint rows.ckpt
  autoenc launch -n 4 train rows.npy -o model.safetensors --checkpoint rows.ckpt --resume
  autoenc launch -n 8 script.py

A script calls `autoenc.distributed.initialize()` and fits with devices="all". With GPUs, each
process has one of them. Only the first process prints and writes files.

If a process is killed, is stopped or fails, the command reports which one and why, and ends the
others.
Ctrl-C, SIGTERM and SIGHUP end training at the next block in all processes."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(
        commands, "launch", "train with several processes on this machine", EXAMPLES
    )
    parser.add_argument(
        "-n", "--processes", type=_count, required=True, metavar="N", help="number of processes"
    )
    parser.add_argument(
        "--all-output",
        action="store_true",
        help="print the output of all processes, each line with the number of its process",
    )
    parser.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="train ... | script.py ...",
        help="`train` and its arguments, or a Python script and its arguments",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Start the processes, and wait for them."""
    return supervise(_command(options.program), options.processes, show_all=options.all_output)


def _command(program: Sequence[str]) -> list[str]:
    """Return the command line of each process."""
    if not program:
        raise ValueError("there is no program; expected train and its arguments, or a script.")
    first, *arguments = program
    if first == "train":
        return [sys.executable, "-m", "autoenc", "train", "--distributed", *arguments]
    if first.endswith(".py"):
        return [sys.executable, *program]
    raise ValueError(
        f"{first} cannot be launched; expected train and its arguments, or a Python script, after "
        "the options of launch."
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)
