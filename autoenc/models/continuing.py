"""Training that continues: the optimizer's state, the history and the seed of an earlier fit."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autoenc.models.fitted import FittedModel
from autoenc.models.tasks import names_of
from autoenc.training import Record
from autoenc.training.checkpoints import seed_of_run


def restore_state(variables: list[Any], start: FittedModel) -> None:
    """Restore the state of an optimizer, if its variables are the same.

    Momentum and Nesterov's rule have the same variables. Files of earlier versions lack names.
    """
    values = start.optimizer_state
    shapes = [np.shape(v.get_value(borrow=True)) for v in variables]
    same_names = start.state_names in ((), names_of(variables))
    if same_names and shapes == [np.shape(value) for value in values]:
        for variable, value in zip(variables, values, strict=True):
            variable.set_value(value)


def before_run(
    checkpoint: str | os.PathLike[str], seed: int, history: list[Record]
) -> list[Record]:
    """Return the part of a history before the run of a checkpoint.

    If a run was interrupted in this process, the model also has the epochs of that run.
    """
    seed_of_checkpoint = seed_of_run(checkpoint)
    for n_epochs in reversed(range(len(history) + 1)):
        if seed_after(seed, n_epochs) == seed_of_checkpoint:
            return history[:n_epochs]
    return history


def continued(before: list[Record], history: list[Record]) -> list[Record]:
    """Return the history of a model with that of its latest run, whose epochs count from 1."""
    done = before[-1]["epoch"] if before else 0
    return [*before, *({**record, "epoch": record["epoch"] + done} for record in history)]


def seed_after(seed: int, n_epochs: int) -> int:
    """Return the seed with which training continues, for another order and other noise."""
    if n_epochs == 0:
        return seed
    return int(np.random.SeedSequence([seed, n_epochs]).generate_state(1)[0]) >> 1
