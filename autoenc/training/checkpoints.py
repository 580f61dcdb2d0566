"""Checkpoints: all that a training needs to go on as if it had never been stopped.

Order and noise follow from the seed and the numbers of epoch and block, so that beside the
state and the place nothing random has to be kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autoenc.backends import Backend, Step
from autoenc.graph.structure import describe_structure, structure
from autoenc.graph.types import Parameter
from autoenc.storage import ModelFileError, load_arrays, save_arrays
from autoenc.training.callbacks import Record
from autoenc.training.plan import Plan

Array: TypeAlias = np.ndarray[Any, Any]

FORMAT = "autoenc checkpoint 1"


class CheckpointError(ModelFileError):
    """A checkpoint is damaged, or belongs to another training."""


@dataclass(frozen=True)
class Identity:
    """What tells one training from another.

    Attributes
    ----------
    fixed : dict
        What must be the same for a checkpoint to be gone on with.
    circumstances : dict
        What may differ, but then the bytes do too: backend and versions.
    """

    fixed: dict[str, Any]
    circumstances: dict[str, Any]

    def check(self, path: Path, other: Identity) -> None:
        """Compare with what a checkpoint says.

        Raises
        ------
        CheckpointError
            If it is another training; lists the differences.
        """
        differences = _differences(other.fixed, self.fixed)
        if differences:
            raise CheckpointError(
                f"the checkpoint {path} belongs to another training: {'; '.join(differences)}. "
                "Give what it was begun with, or another path to begin anew."
            )
        changes = _differences(other.circumstances, self.circumstances)
        if changes:
            warnings.warn(
                f"the checkpoint {path} was written under other circumstances, so that results "
                f"will differ in their last digits: {'; '.join(changes)}.",
                stacklevel=5,
            )


def identify(
    step: Step,
    plan: Plan,
    backend: Backend,
    data: Sequence[Array],
    validation: Sequence[Array],
    early_stopping: Any,
) -> Identity:
    """Describe a training by all that its result follows from."""
    fixed = {
        **{name: value for name, value in asdict(plan).items() if name != "n_epochs"},
        "data": [fingerprint(array) for array in data],
        "validation": [fingerprint(array) for array in validation],
        "early_stopping": None if early_stopping is None else _rule(early_stopping),
        "parameters": [_describe(variable) for variable in step.state],
        "constants": {str(v): v.get_value().item() for v in scalar_constants(step)},
        "graph": _graph_fingerprint(step),
    }
    circumstances = {
        "backend": backend.description,
        "python": platform.python_version(),
        "numpy": version("numpy"),
    }
    # What has been to a file and back, such as lists for tuples, is what is compared with.
    return Identity(json.loads(json.dumps(fixed)), circumstances)


def scalar_constants(step: Step) -> list[Parameter]:
    """List shared scalars that are only read, such as a learning rate that callbacks change."""
    return [
        variable
        for variable in step.constants
        if hasattr(variable.type, "ndim") and variable.type.ndim == 0
    ]


def fingerprint(array: Array) -> str:
    """Shape, dtype and a hash of all bytes of an array.

    Examples
    --------
    >>> fingerprint(np.zeros((2, 3), dtype="float32"))
    'float32 (2, 3) 9d908ecfb6b256de'
    """
    digest = hashlib.sha256()
    for first in range(0, len(array), 65_536):
        digest.update(np.ascontiguousarray(array[first : first + 65_536]).view(np.uint8).data)
    return f"{array.dtype} {array.shape} {digest.hexdigest()[:16]}"


class Checkpoint:
    """The file of a training.

    Parameters
    ----------
    path : path
        Where it is.
    identity : Identity
        Of the training that writes and reads it.
    """

    def __init__(self, path: str | os.PathLike[str], identity: Identity) -> None:
        self.path = Path(path)
        self._identity = identity
        self._failed = False

    def save(self, arrays: Mapping[str, Array], progress: Mapping[str, Any]) -> None:
        """Write all there is to go on from; a disk that is full is warned of once."""
        info = {"format": FORMAT, "progress": dict(progress), **asdict(self._identity)}
        try:
            save_arrays(self.path, arrays, info)
        except OSError as error:
            if not self._failed:
                warnings.warn(
                    f"the checkpoint {self.path} could not be written ({error}); training goes "
                    "on, and what was written before is still there.",
                    stacklevel=5,
                )
            self._failed = True
            return
        self._failed = False

    def load(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Read what `save` wrote.

        Raises
        ------
        CheckpointError
            If the file is damaged, no checkpoint, or of another training.
        """
        try:
            arrays, info = load_arrays(self.path)
        except ModelFileError as error:
            raise CheckpointError(str(error)) from error
        if info.get("format") != FORMAT:
            raise CheckpointError(
                f"{self.path} is a model file, not a checkpoint of a training under way; give "
                "another path."
            )
        parts = [info.get(part) for part in ("fixed", "circumstances", "progress")]
        if not all(isinstance(part, dict) for part in parts):
            raise CheckpointError(f"{self.path} lacks a part of a checkpoint.")
        self._identity.check(self.path, Identity(info["fixed"], info["circumstances"]))
        return arrays, info["progress"]

    def refuse_to_replace(self) -> None:
        """Refuse to begin anew where there is a checkpoint already.

        Raises
        ------
        FileExistsError
            If there is one.
        """
        if self.path.exists():
            raise FileExistsError(
                f"there is a checkpoint at {self.path}; pass resume=True to go on with it, or "
                "give another path, or remove the file."
            )


def rule_state(rule: Any) -> Record:
    """Give the counters of a rule for early stopping, as JSON can hold them.

    Raises
    ------
    TypeError
        If it has attributes other than numbers, text and lists of them.
    """
    state = dict(vars(rule))
    try:
        json.dumps(state)
    except TypeError as error:
        raise TypeError(
            f"early_stopping is {rule!r}, whose state a checkpoint cannot hold: {error}. Keep to "
            "numbers and text as attributes, or train without checkpoint."
        ) from error
    return state


def _rule(rule: Any) -> str:
    return f"{type(rule).__name__}({json.dumps(rule_state(rule))})"


def _describe(variable: Parameter) -> str:
    value = variable.get_value(borrow=True)
    return f"{variable} {value.dtype} {value.shape}"


def _graph_fingerprint(step: Step) -> str:
    shared = [*step.state, *step.generators, *step.constants]
    inputs, outputs = step.with_inputs_for(shared)
    described = describe_structure(structure([*step.inputs, *inputs], outputs))
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return [f"{name} was {before.get(name)!r}, now {now.get(name)!r}" for name in names]
