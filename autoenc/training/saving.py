"""What of a training goes into its checkpoint, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autoenc.graph.types import Parameter
from autoenc.training.checkpoints import Checkpoint, rule_state, scalar_constants
from autoenc.training.every import Every
from autoenc.training.place import EpochSoFar

if TYPE_CHECKING:
    from autoenc.training.run import Run

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass
class Saver:
    """Writes the checkpoint of a training, and goes on from it.

    Attributes
    ----------
    checkpoint : Checkpoint
        The file.
    every : Every
        How often it is written.
    """

    checkpoint: Checkpoint
    every: Every

    def begin(self, run: Run, *, resume: bool) -> None:
        """Bring a training to where the checkpoint was written, if that is asked for.

        Raises
        ------
        FileExistsError
            If there is a checkpoint and going on with it was not asked for.
        CheckpointError
            If it is damaged, or of another training.
        """
        if not resume:
            self.checkpoint.refuse_to_replace()
        elif self.checkpoint.path.exists():
            _put(run, *self.checkpoint.load())

    def save(self, run: Run) -> None:
        """Write where a training is."""
        run.runner.sync()
        self.checkpoint.save(_arrays(run), _progress(run))

    def save_if_due(self, run: Run, *, epoch_is_over: bool) -> None:
        """Write where a training is, if it is time to."""
        if self.every.is_due(run, epoch_is_over=epoch_is_over):
            self.save(run)


def _progress(run: Run) -> dict[str, Any]:
    return {
        "epoch": run.epoch,
        "iteration": run.iteration,
        "so_far": asdict(run.so_far),
        "history": run.history,
        "halved": run.halving.done,
        "first_cost": run.first_cost,
        "rule": rule_state(run.keeper.rule) if run.keeper else None,
    }


def _arrays(run: Run) -> dict[str, Array]:
    values = {name: v.get_value(borrow=True) for name, v in _variables(run).items()}
    kept = [] if run.is_good else run.runner.kept()
    best = (run.keeper.best if run.keeper else None) or []
    return values | _numbered("kept", kept) | _numbered("best", best)


def _put(run: Run, arrays: dict[str, Array], progress: dict[str, Any]) -> None:
    kept = _all("kept", arrays)
    for variable, value in zip(run.step.state, kept, strict=bool(kept)):
        variable.set_value(value)
    if kept:
        run.runner.keep()
    for name, variable in _variables(run).items():
        variable.set_value(arrays[name])
    if not kept:
        run.runner.keep()
    run.epoch = progress["epoch"]
    run.iteration = progress["iteration"]
    run.so_far = EpochSoFar(**progress["so_far"])
    run.history = progress["history"]
    run.halving.done = progress["halved"]
    run.first_cost = progress["first_cost"]
    run.is_good = not kept
    if run.keeper:
        run.keeper.resume(progress["rule"], _all("best", arrays))


def _variables(run: Run) -> dict[str, Parameter]:
    state, constants = run.step.state, scalar_constants(run.step)
    return _numbered("state", state) | _numbered("constant", constants)


def _numbered(kind: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{kind}.{i}": value for i, value in enumerate(values)}


def _all(kind: str, arrays: dict[str, Array]) -> list[Array]:
    names = [name for name in arrays if name.startswith(f"{kind}.")]
    return [arrays[f"{kind}.{i}"] for i in range(len(names))]
