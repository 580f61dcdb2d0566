"""Writing the checkpoint of a run when it is due, and restoring a run from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from autoenc.backends import Processes
from autoenc.training.callbacks import Training
from autoenc.training.checkpoints import Checkpoint, refuse_to_replace
from autoenc.training.every import Every
from autoenc.training.lock import locked
from autoenc.training.snapshots import Snapshot


class Resumable(Training, Protocol):
    """Training run whose state can be copied and restored."""

    def snapshot(self) -> Snapshot:
        """Return a copy of the state."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Replace the state."""
        ...


@dataclass
class Saver:
    """Checkpoint of one run, which the first process reads and writes for all processes.

    Attributes
    ----------
    checkpoint : Checkpoint
        The file.
    every : Every
        How often the checkpoint is written.
    processes : Processes
        The processes of the training.
    """

    checkpoint: Checkpoint
    every: Every
    processes: Processes

    @contextmanager
    def using(self, run: Resumable, *, resume: bool) -> Iterator[None]:
        """Reserve the file for this run, and restore the run from it if requested.

        Raises
        ------
        FileExistsError
            If there is a checkpoint and `resume` is False.
        CheckpointError
            If the file is damaged, or belongs to or is used by another run.
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
        """Return the snapshot from which training resumes; None if there is no file."""
        if not resume:
            refuse_to_replace(self.checkpoint.path)
        return self.checkpoint.load() if self.checkpoint.path.exists() else None

    def save(self, run: Resumable) -> None:
        """Write the current state."""
        if self.processes.rank == 0:
            self.checkpoint.save(run.snapshot())

    def save_if_due(self, run: Resumable, *, epoch_is_over: bool) -> None:
        """Write the current state if the checkpoint is due."""
        if self.every.is_due(run, epoch_is_over=epoch_is_over):
            self.save(run)
