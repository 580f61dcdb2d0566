"""Writes the checkpoint of a training when it is due, and restores a training from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

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
    """The checkpoint of one training.

    Attributes
    ----------
    checkpoint : Checkpoint
        The file.
    every : Every
        How often it is written.
    """

    checkpoint: Checkpoint
    every: Every

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
        with locked(self.checkpoint.path):
            if not resume:
                self.checkpoint.refuse_to_replace()
            elif self.checkpoint.path.exists():
                run.restore(self.checkpoint.load())
            yield

    def save(self, run: Resumable) -> None:
        """Write the present state."""
        self.checkpoint.save(run.snapshot())

    def save_if_due(self, run: Resumable, *, epoch_is_over: bool) -> None:
        """Write the present state if it is due."""
        if self.every.is_due(run, epoch_is_over=epoch_is_over):
            self.save(run)
