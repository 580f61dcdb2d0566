"""Options of training with several processes, and the connection to the other processes."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import numpy as np

from autoenc.cli.options import PREFIX
from autoenc.distributed import connected
from autoenc.processes import ALONE, Processes


def add_processes(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("several processes")
    group.add_argument(
        "--distributed",
        action="store_true",
        help="train together with the other processes that a cluster or `autoenc launch` has "
        "started, on the devices of all",
    )
    group.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="address of the first process, if no cluster or launcher provides it",
    )
    group.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="number of processes, if no launcher provides it",
    )
    group.add_argument(
        "--process",
        type=int,
        metavar="K",
        help="number of this process, from 0, if no launcher provides it",
    )


@contextmanager
def joined(options: argparse.Namespace) -> Iterator[tuple[argparse.Namespace, Processes]]:
    """Connect with the other processes, if the options say so.

    Yields
    ------
    options : Namespace
        The options, with all devices and a seed that all processes share. Processes other than
        the first print only errors.
    processes : Processes

    Raises
    ------
    ValueError
        If options are given that have no effect.
    """
    place = options.coordinator, options.processes, options.process
    if not options.distributed:
        if place != (None, None, None):
            raise ValueError(
                "--coordinator, --processes and --process need --distributed; add it."
            )
        yield options, ALONE
        return
    backend = getattr(options, PREFIX + "backend", "auto")
    if backend not in ("auto", "xla"):
        raise ValueError(
            f"--backend is {backend}, which trains in one process; several need --backend xla."
        )
    with connected(*place) as processes:
        seed = processes.from_first(lambda: int(np.random.default_rng().integers(2**31)))
        shared = {PREFIX + "devices": "all", PREFIX + "random_state": seed}
        together = argparse.Namespace(**{**shared, **vars(options)})
        if processes.rank == 0:
            yield together, processes
            return
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield together, processes
