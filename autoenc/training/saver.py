"""Writes the checkpoint of a training when it is due, and restores a training from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from autoenc.backends import Processes
from autoenc.training.callbacks import Training
from autoenc.training.checkpoints import Checkpoint
from autoenc.training.every import Every
from autoenc.training.lock import locked
from autoenc.training.snapshots import Snapshot


class Resumable(Training, Protocol):
    """A training whose state can be taken and put back."""

    def snapshot(self) -> Snapshot:
        """Return a copy of the state."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Replace the state."""
        ...


@dataclass
class Saver:
    """The checkpoint of one training, which its first process reads and writes for all.

    Attributes
    ----------
    checkpoint : Checkpoint
        The file.
    every : Every
        How often it is written.
    processes : Processes
        The processes of the training.
    """

    checkpoint: Checkpoint
    every: Every
    processes: Processes

    @contextmanager
    def using(self, run: Resumable, *, resume: bool) -> Iterator[None]:
        """Reserve the file for this training, and restore the training from it if asked to.

        Raises
        ------
        FileExistsError
            If there is a checkpoint and `resume` is False.
        CheckpointError
            If the file is damaged, belongs to another training or is in use by one.
        """
        with ExitStack() as reserved:

            def reserve() -> Snapshot | None:
                reserved.enter_context(locked(self.checkpoint.path))
                return self._found(resume=resume)

            snapshot = self.processes.from_first(reserve)
            if snapshot is not None:
                run.restore(snapshot)
            yield

    def _found(self, *, resume: bool) -> Snapshot | None:
        """Return what the training resumes from; None if there is no file."""
        if not resume:
            self.checkpoint.refuse_to_replace()
        return self.checkpoint.load() if self.checkpoint.path.exists() else None

    def save(self, run: Resumable) -> None:
        """Write the present state."""
        if self.processes.rank == 0:
            self.checkpoint.save(run.snapshot())

    def save_if_due(self, run: Resumable, *, epoch_is_over: bool) -> None:
        """Write the present state if it is due."""
        if self.every.is_due(run, epoch_is_over=epoch_is_over):
            self.save(run)
