"""A training run of two processes, one of which runs out of memory within a block.

autoenc launch -n 2 tests/backends/xla/one_without_memory.py 1
"""

import sys

import jax

import autoenc
from autoenc.backends.xla import xla_processes as processes
from autoenc.backends.xla.xla_backend import ScanRunner


def main(rank):
    processes.MEETING_MS = 2_000
    me = autoenc.distributed.initialize()
    from tests.backends.xla import many_processes as program

    with without_memory(of_block=3, here=me.rank == rank):
        program.costs(300, 50, n_epochs=9)


class without_memory:  # noqa: N801 - it is used as a function
    """Let a block fail as it does on a device that is too small for it."""

    def __init__(self, of_block, here=True):
        self._of_block, self._here, self._n = of_block, here, 0

    def __enter__(self):
        self._train = train = ScanRunner._train

        def failing(runner, *arguments):
            self._n += 1
            if self._here and self._n == self._of_block:
                raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory")
            return train(runner, *arguments)

        ScanRunner._train = failing

    def __exit__(self, *error):
        ScanRunner._train = self._train


if __name__ == "__main__":
    main(int(sys.argv[1]))
