"""Checkpoints: files from which training resumes as if it had never been stopped.

Order and noise depend only on the seed and the numbers of epoch and block, so a checkpoint stores
the state and the position, but no random generator.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autoenc.backends import Backend, Step, usable_threads
from autoenc.files import path_of_layer
from autoenc.graph.structure import describe_structure, structure
from autoenc.graph.types import Expression, Parameter
from autoenc.sources import Source
from autoenc.storage import ModelFileError, load_arrays, save_arrays
from autoenc.training.callbacks import Record
from autoenc.training.plan import Plan
from autoenc.training.snapshots import Snapshot, in_order
from autoenc.training.validation import Validator

Array: TypeAlias = np.ndarray[Any, Any]

FORMAT = "autoenc checkpoint 1"


class CheckpointError(ModelFileError):
    """Error raised if a checkpoint is damaged or belongs to a different training run."""


@dataclass(frozen=True)
class Identity:
    """Properties that identify a training run.

    Attributes
    ----------
    fixed : dict
        Properties that must be equal for a run to resume.
    circumstances : dict
        Properties that may differ, although the bytes may then differ: backend, threads, versions.
    """

    fixed: dict[str, Any]
    circumstances: dict[str, Any]

    def matched(self, path: Path, saved: Identity, snapshot: Snapshot) -> Identity:
        """Compare with the identity in a checkpoint; return the identity to save from now on.

        If a script runs again, the parameters are the initial ones. If a run is resumed in the
        process in which it was stopped, they are the trained ones.

        Raises
        ------
        CheckpointError
            If the checkpoint belongs to a different run; lists the differences.
        """
        fixed = dict(self.fixed)
        for name in ADDED.difference(saved.fixed):  # older files lack them
            fixed.pop(name)
        if fixed.get("start") in _trained(snapshot):
            fixed["start"] = saved.fixed["start"]
        changes = differences(saved.fixed, fixed)
        if changes:
            raise CheckpointError(
                f"the checkpoint {path} belongs to a different training run: "
                f"{'; '.join(changes)}. Give the arguments of that run, or another path to start "
                "a new one."
            )
        self._warn_of_changes(path, saved)
        return Identity(fixed, self.circumstances)

    def _warn_of_changes(self, path: Path, saved: Identity) -> None:
        before, now = dict(saved.circumstances), dict(self.circumstances)
        if "threads" not in before:  # older files lack it
            now.pop("threads")
        changes = differences(before, now)
        if changes:
            effect = "results will differ in their last digits"
            if _engine(before) != _engine(now) and self.fixed["noise"]:
                effect = "the rest of the training draws different noise, which changes the result"
            warnings.warn(
                f"the checkpoint {path} was written in a different environment, so {effect}: "
                f"{'; '.join(changes)}.",
                stacklevel=7,
            )


# Entries that checkpoints of the first releases lack.
ADDED = frozenset({"frozen", "start", "noise", "validation_cost"})


def identify(
    step: Step,
    plan: Plan,
    backend: Backend,
    data: Sequence[Array],
    validator: Validator | None,
    early_stopping: Any,
) -> Identity:
    """Describe a training run by everything that determines its result."""
    arrays = _frozen_arrays(step)
    held_out = [] if validator is None else validator.arrays
    fixed = {
        **plan.identity(),
        "data": [fingerprint(array) for array in data],
        "validation": [fingerprint(array) for array in held_out],
        "validation_cost": None if validator is None else _hash_of_graph(*validator.graph),
        "early_stopping": None if early_stopping is None else _rule(early_stopping),
        "parameters": [_describe(variable) for variable in step.state],
        "start": _fingerprints(variable.get_value(borrow=True) for variable in step.state),
        "constants": {n: v.get_value().item() for n, v in _named(scalar_constants(step))},
        "frozen": {n: fingerprint(v.get_value(borrow=True)) for n, v in _named(arrays)},
        "noise": len(step.generators),
        "graph": _graph_fingerprint(step),
    }
    circumstances = {
        "backend": backend.description,
        "threads": usable_threads(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
    }
    # JSON turns tuples into lists. Convert here, so that both sides of the comparison have lists.
    return Identity(json.loads(json.dumps(fixed)), circumstances)


def scalar_constants(step: Step) -> list[Parameter]:
    """List shared scalars that the step only reads, such as a learning rate."""
    return [
        variable
        for variable in step.constants
        if hasattr(variable.type, "ndim") and variable.type.ndim == 0
    ]


def _frozen_arrays(step: Step) -> list[Parameter]:
    """List shared arrays that are only read, such as weights of another layer."""
    return [v for v in step.constants if getattr(v.type, "ndim", 0) > 0]


def fingerprint(array: Array | Source) -> str:
    """Return shape, dtype and a hash of all bytes of an array, or of some rows of a source.

    Examples
    --------
    >>> fingerprint(np.zeros((2, 3), dtype="float32"))
    'float32 (2, 3) 9d908ecfb6b256de'
    """
    if isinstance(array, Source):
        return array.identity()
    digest = hashlib.sha256()
    rows = array.reshape(1) if np.ndim(array) == 0 else array
    for first in range(0, len(rows), 65_536):
        digest.update(np.ascontiguousarray(rows[first : first + 65_536]).view(np.uint8).data)
    return f"{array.dtype} {array.shape} {digest.hexdigest()[:16]}"


def _fingerprints(arrays: Iterable[Array]) -> str:
    described = " ".join(fingerprint(np.asarray(array)) for array in arrays)
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _trained(snapshot: Snapshot) -> set[str]:
    """Return the fingerprints of the states that a stopped run leaves in the shared variables."""
    return {_fingerprints(in_order(kind, snapshot.arrays)) for kind in ("state", "kept", "best")}


def _engine(circumstances: Mapping[str, Any]) -> str:
    return str(circumstances["backend"]).partition(" ")[0]


@dataclass(frozen=True)
class PathOfModel:
    """Path of a checkpoint, with the seed of the model to which the training run belongs.

    The seeds of the layers of a stack are derived from the seed of the stack.
    """

    path: Path
    seed: int

    def __fspath__(self) -> str:
        return str(self.path)


def seed_of_run(path: str | os.PathLike[str]) -> int | None:
    """Return the seed of the run of a checkpoint; None if there is no undamaged checkpoint."""
    with suppress(OSError, ModelFileError, KeyError, TypeError):
        return int(load_arrays(Path(path))[1]["fixed"]["seed"])
    return None


def seed_of_model(path: str | os.PathLike[str]) -> int | None:
    """Return the seed of the model of a checkpoint, or of the checkpoint of a part of it.

    Return None if there is no checkpoint, if it is damaged, or if it is an older file without a
    seed.
    """
    path = Path(path)
    for file in (path, path_of_layer(path, 1)):
        with suppress(OSError, ModelFileError):
            seed = load_arrays(file)[1].get("seed_of_model")
            return seed if isinstance(seed, int) else None
    return None


def was_asked_to_stop(path: str | os.PathLike[str]) -> bool:
    """Return whether a callback ended the run of a checkpoint. A signal does not count."""
    with suppress(OSError, ModelFileError, KeyError, TypeError):
        return bool(load_arrays(Path(path))[1]["progress"]["stop_requested"])
    return False


class Checkpoint:
    """Checkpoint file of a training run.

    Parameters
    ----------
    path : path
        Path of the file.
    identity : Identity
        Identity of the run that writes and reads the file.
    """

    def __init__(self, path: str | os.PathLike[str], identity: Identity) -> None:
        refuse_folder(path)
        self.path = Path(path)
        self._model = {"seed_of_model": path.seed} if isinstance(path, PathOfModel) else {}
        self._identity = identity
        self._failed = False

    def save(self, snapshot: Snapshot) -> None:
        """Write the state of the run; warn once if writing fails, for example on a full disk."""
        info = {"format": FORMAT, "progress": dict(snapshot.progress), **asdict(self._identity)}
        info |= self._model
        try:
            save_arrays(self.path, snapshot.arrays, info)
        except OSError as error:
            if not self._failed:
                warnings.warn(
                    f"the checkpoint {self.path} could not be written ({error}); training "
                    "continues, and the previous checkpoint is kept.",
                    stacklevel=5,
                )
            self._failed = True
            return
        self._failed = False

    def load(self) -> Snapshot:
        """Read what `save` wrote.

        Raises
        ------
        CheckpointError
            If the file is damaged, is not a checkpoint, or belongs to a different run.
        """
        try:
            arrays, info = load_arrays(self.path)
        except ModelFileError as error:
            raise CheckpointError(str(error)) from error
        if info.get("format") != FORMAT:
            raise CheckpointError(
                f"{self.path} is a model file, not a checkpoint of a training run; give another "
                "path."
            )
        parts = [info.get(part) for part in ("fixed", "circumstances", "progress")]
        if not all(isinstance(part, dict) for part in parts):
            raise CheckpointError(f"{self.path} is incomplete: a part of it is missing.")
        snapshot = Snapshot(arrays, info["progress"])
        saved = Identity(info["fixed"], info["circumstances"])
        self._identity = self._identity.matched(self.path, saved, snapshot)
        return snapshot


def refuse_to_replace(path: str | os.PathLike[str]) -> None:
    """Refuse to start a new run if a checkpoint exists.

    Raises
    ------
    FileExistsError
        If a checkpoint exists.
    """
    if Path(path).exists():
        raise FileExistsError(
            f"there is a checkpoint at {path}; pass resume=True to resume from it, or give "
            "another path, or remove the file."
        )


def refuse_folder(path: str | os.PathLike[str] | None) -> None:
    """Raise an error if the path of a file is a folder.

    Raises
    ------
    IsADirectoryError
    """
    if path is not None and Path(path).is_dir():
        raise IsADirectoryError(
            f"checkpoint is {os.fspath(path)!r}, which is a folder; expected a file, such as "
            f"{str(Path(path, 'training.checkpoint'))!r}."
        )


def rule_state(rule: Any) -> Record:
    """Return the counters of a rule for early stopping, as JSON values.

    Raises
    ------
    TypeError
        If the rule has attributes other than numbers, text and lists of them.
    """
    state = dict(vars(rule))
    try:
        json.dumps(state)
    except TypeError as error:
        raise TypeError(
            f"early_stopping is {rule!r}, whose state a checkpoint cannot hold: {error}. Use "
            "only numbers and text as attributes, or train without checkpoint."
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
    return _hash_of_graph([*step.inputs, *inputs], outputs)


def _hash_of_graph(inputs: Sequence[Expression], outputs: Sequence[Expression]) -> str:
    described = describe_structure(structure(inputs, outputs))
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _named(variables: Sequence[Parameter]) -> Iterator[tuple[str, Parameter]]:
    """Yield variables with their names, numbered where a name occurs again."""
    seen: Counter[str] = Counter()
    for variable in variables:
        name = str(variable)
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), variable


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the differences between two descriptions of a training run, in words.

    >>> differences({"seed": 0, "noise": 1}, {"seed": 2, "noise": 1})
    ['seed was 0, now 2']
    >>> differences({"constants": {"rate": 0.1}}, {"constants": {"rate": 0.2}})
    ['constants: rate was 0.1, now 0.2']
    """
    changes: list[str] = []
    for name in {**before, **now}:
        old, new = before.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            changes += [f"{name}: {change}" for change in differences(old, new)]
        elif old != new:
            changes.append(f"{name} was {old!r}, now {new!r}")
    return changes
