"""Change the contents of model files, with correct checksums, and compare the two readers.

    python -m torture.meanings --mutations 20000

A file of each kind of model is changed in its description or in its arrays, and written again with
a correct checksum. Either both `autoenc` and the NumPy reader must refuse it with their
`ModelFileError`, which names the file, or both must read it and compute the same numbers. In the
second case, `autoenc` must be able to save and load the model again. Anything else is a violation.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytensor
from pytensor import tensor as pt

from autoenc import AutoEncoder, DenoisingAutoEncoder, estimators
from autoenc.cli.info import describe_model
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.export import numpy_reader
from autoenc.models.choices import try_out
from autoenc.models.compiled import building
from autoenc.rows.columns import columns_of
from autoenc.rows.scaling import ColumnScaling
from autoenc.storage import ModelFileError, load_arrays, save_arrays

Array = np.ndarray[Any, Any]
ROWS = np.random.default_rng(0).random((12, 6))
# Columns of all kinds, with missing entries.
KINDS = pd.DataFrame(
    {
        "age": [20.0, 31.0, 45.0, np.nan, 52.0, 60.0] * 4,
        "city": ["Oslo", "Rome", "Lima", "Oslo", None, "Rome"] * 4,
        "member": [True, False, True, True, False, False] * 4,
        "joined": pd.to_datetime(["2020-01-01", "2021-06-01", "2022-03-05"] * 8),
    }
)
# Replacements of values.
ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2, 3, 6, 2**31, 2**63, 10**30, 10**400, 1.5, -0.0, 1e-320, 1e308,
    float("nan"), float("inf"), "", "x", "auto", "sigmoid", "linear", "tanh", "cross_entropy",
    "squared_error", "named_params", "__class__", "W", "float64", "mask", "minmax", "centred",
    "xla", "\ud800", "a" * 20_000, [], [1], [0.5] * 6, [[1], [2, 3]], ["a"] * 3, list("abcdef"),
    {}, {"function": "os.system"}, {"W": 1},
)  # fmt: skip


class File(NamedTuple):
    """Contents of a model file."""

    arrays: dict[str, Array]
    description: dict[str, Any]


def files() -> dict[str, File]:
    """Return a file of each kind of model, by name."""
    quick: dict[str, Any] = {"n_epochs": 2, "random_state": 0, "verbose": False}
    labels = np.arange(len(ROWS)) % 3
    holed = np.where(np.random.default_rng(1).random(ROWS.shape) < 0.1, np.nan, ROWS)
    scaled = AutoEncoder(3, **quick).fit(ROWS)
    scaled.model_ = scaled.model_.replaced(
        columns=columns_of(
            "AutoEncoder", 6, np.array(list("abcdef"), object),
            ColumnScaling.minmax(2 * ROWS - 0.5), (2, 3),
        )
    )  # fmt: skip
    models: dict[str, Any] = {
        "autoencoder": AutoEncoder(3, optimizer="adam", **quick).fit(ROWS),
        "untied": AutoEncoder(3, tied=False, dtype="float64", **quick).fit(ROWS),
        "scaled": scaled,
        "centred": AutoEncoder(3, **quick).fit(ROWS + 1e9 * np.eye(6)[2]),
        "masked": DenoisingAutoEncoder(3, missing="mask", **quick).fit(holed),
        "standardised": DenoisingAutoEncoder(
            3, corruption=[("gaussian", 0.1), ("masking", 0.2)], momentum=0.9, **quick
        ).fit(3 * ROWS - 1),
        "kinds": DenoisingAutoEncoder(3, **quick).fit(KINDS),
        "stack": StackedDenoisingAutoEncoder((4, 2), **quick).fit(ROWS),
        "real stack": StackedDenoisingAutoEncoder((4, 3, 2), activation="tanh", **quick).fit(
            3 * ROWS - 1
        ),
        "deep": DeepAutoEncoder((4, 2), pretraining_epochs=1, **quick).fit(ROWS),
        "free deep": DeepAutoEncoder(
            (4, 3, 2), activation=["relu", "tanh", "linear"], tied=False, pretraining_epochs=1,
            pretraining_corruption=[0.1, 0.2, 0.3], **quick,
        ).fit(3 * ROWS - 1),
        "softmax": SoftmaxClassifier(**quick).fit(ROWS, labels),
        "perceptron": PerceptronClassifier(3, **quick).fit(ROWS, np.array(list("abc"))[labels]),
        "classifier": StackedDenoisingClassifier((4, 2), pretraining_epochs=1, **quick).fit(
            3 * ROWS, labels > 0
        ),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        found = {}
        for name, model in models.items():
            model.save(path)
            found[name] = File(*load_arrays(path))
        return found


def mutated(file: File, others: Sequence[File], rng: random.Random) -> tuple[File, str]:
    """Return a changed copy of a file, and a description of the change."""
    changed = File(dict(file.arrays), copy.deepcopy(file.description))
    said = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if rng.random() < 0.35:
            said.append(change_array(changed.arrays, rng.choice(others).arrays, rng))
        else:
            said.append(change_description(changed.description, rng.choice(others), rng))
    return changed, "; ".join(said)


def change_description(description: dict[str, Any], other: File, rng: random.Random) -> str:
    """Change one entry of a description."""
    places = list(_places(description, ()))
    path, node, key = rng.choice(places)
    value = node[key]
    kind = rng.randrange(6)
    if kind == 0:
        del node[key]
        return f"{path} deleted"
    if kind == 1 and isinstance(node, dict):
        node[rng.choice(["x", "W", "save", "model_", "class", *other.description])] = value
        return f"{path} added under a different name"
    if kind == 2:
        _, _, there = rng.choice(places)
        same = [n for _, n, k in _places(other.description, ()) if k == there]
        node[key] = copy.deepcopy(same[0][there]) if same else rng.choice(ODD)
    elif kind == 3 and isinstance(value, list) and value:
        node[key] = rng.choice(
            [value[:-1], [*value, value[0]], value[::-1], [value[0]] * len(value)]
        )
    elif kind == 3 and type(value) in (int, float):
        node[key] = rng.choice([value + 1, value - 1, -value, value * 10, str(value)[:20]])
    else:
        node[key] = copy.deepcopy(rng.choice(ODD))
    return f"{path} is {node[key]!r:.60}"


def _places(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Iterate over all places of a tree, with their paths."""
    keys = (
        list(node)
        if isinstance(node, dict)
        else range(len(node))
        if isinstance(node, list)
        else ()
    )
    for key in keys:
        yield (*path, key), node, key
        yield from _places(node[key], (*path, key))


def _with_number(array: Array, number: float, rng: random.Random) -> Array:
    changed = array.copy()
    if changed.size and changed.dtype.kind == "f":
        changed.reshape(-1)[rng.randrange(changed.size)] = number
    return changed


ARRAY_CHANGES: tuple[Callable[[Array, random.Random], Array], ...] = (
    lambda a, _: a[:-1] if a.ndim else a[None],
    lambda a, _: a[None],
    lambda a, _: a.T.copy(),
    lambda a, _: a.reshape(-1),
    lambda a, _: np.concatenate([a, a]) if a.ndim else a,
    lambda a, _: a.astype("float64" if a.dtype == "float32" else "float32"),
    lambda a, _: a.astype("float16"),
    lambda a, _: a.astype("int32"),
    lambda a, _: a > 0,
    lambda a, _: -a,
    lambda a, _: a * 0,
    lambda a, _: np.empty((0, *a.shape[1:]), a.dtype),
    lambda a, rng: _with_number(a, np.nan, rng),
    lambda a, rng: _with_number(a, -np.inf, rng),
    lambda a, rng: _with_number(a, 1e30, rng),
    lambda a, rng: _with_number(a, 0.5, rng),
)


def change_array(arrays: dict[str, Array], others: Mapping[str, Array], rng: random.Random) -> str:
    """Change one array."""
    if not arrays:
        return "there are no arrays"
    name = rng.choice(list(arrays))
    array = arrays[name]
    kind = rng.randrange(8)
    if kind == 0:
        del arrays[name]
        return f"the array {name} deleted"
    if kind == 1:
        new = rng.choice(["x", "layer_3.W", "W_2", "optimizer.9", "W_prime", "mean", *others])
        arrays[new] = others.get(new, array)
        return f"an array {new} added"
    if kind == 2:
        other = rng.choice(list(arrays))
        arrays[name], arrays[other] = arrays[other], array
        return f"the arrays {name} and {other} exchanged"
    number = rng.randrange(len(ARRAY_CHANGES))
    with np.errstate(all="ignore"):
        arrays[name] = ARRAY_CHANGES[number](
            array.astype("float64") if array.dtype == bool else array, rng
        )
    return f"the array {name} changed in way {number}"


def outcome(file: File, folder: Path) -> str:
    """Read a changed file with both readers; return ``refused``, ``read`` or the violation."""
    path, again = folder / "model.safetensors", folder / "again.safetensors"
    try:
        save_arrays(path, file.arrays, file.description)
    except (ValueError, TypeError):
        return "cannot be written"
    name = file.description.get("class")
    cls = getattr(estimators, name if name in estimators.__all__ else "AutoEncoder")
    model = _read(lambda: cls.load(path, verbose=False), ModelFileError, path)
    reader = _read(lambda: numpy_reader.load(path), numpy_reader.ModelFileError, path)
    for found in (model, reader):
        if isinstance(found, Wrong):
            return found.text
    if isinstance(model, str) and isinstance(reader, str):
        return "refused"
    if isinstance(model, str) != isinstance(reader, str):
        needs_functions = "the function" in f"{model} {reader}"
        return "refused" if needs_functions else f"read by one only: {model} | {reader}"
    try:
        describe_model(path)
        repr(model)
        model.save(again)
        cls.load(again, verbose=False)
    # Any exception is a violation.
    except Exception as error:
        return f"after reading: {type(error).__name__}: {error}"
    return _compared(model, reader)


class Wrong(NamedTuple):
    """A violation."""

    text: str


def _read(load: Callable[[], Any], expected: type[Exception], path: Path) -> Any:
    try:
        return load()
    except expected as error:
        return str(error) if str(path) in str(error) else Wrong(f"without the path: {error}")
    # Any other exception is a violation.
    except BaseException as error:
        return Wrong(f"{expected.__module__}: {type(error).__name__}: {error}")


def _compared(model: Any, reader: Any) -> str:
    """Return ``read`` if both readers compute the same numbers."""
    parts = {"predict_proba": "probabilities"}
    if not hasattr(reader, "predict_proba"):
        parts = {"transform": "encode", "score_samples": "error"}
    rows = _rows_for(model.model_)
    for method, what in parts.items():
        expected, found = (
            _computed(lambda: _evaluated(model.model_, what, rows)),  # noqa: B023
            _computed(lambda: getattr(reader, method)(rows)),  # noqa: B023
        )
        if isinstance(expected, np.ndarray) and isinstance(found, np.ndarray):
            with np.errstate(all="ignore"):
                same = np.isclose(found, expected, rtol=1e-3, atol=1e-4)
            # If numbers overflow, the order of summation decides between infinity and NaN.
            if not (same | ~np.isfinite(found) & ~np.isfinite(expected)).all():
                return f"{method}: {found.ravel()[:3]}, but autoenc: {expected.ravel()[:3]}"
        elif isinstance(expected, np.ndarray) != isinstance(found, np.ndarray):
            return f"{method}: {found!s:.80} | {expected!s:.80}"
    return "read"


def _rows_for(fitted: Any) -> Any:
    """Return rows in the units of the data."""
    if fitted.columns.encoding is not None:
        return KINDS
    return ROWS if fitted.scaling is None else fitted.scaling.backward(ROWS)


def _computed(function: Callable[[], Array]) -> Array | str:
    try:
        with np.errstate(all="ignore"):
            return function()
    # Rows that do not fit a changed model are refused by both.
    except ValueError as error:
        return str(error)


def _evaluated(fitted: Any, what: str, X: Array) -> Array:
    """Compute one piece of a model without compiling it."""
    rows = np.asarray(fitted.incoming(X, compared=what != "error").checked())
    with building(fitted.dtype):
        x = pt.matrix("x")
        shared = {name: pytensor.shared(array) for name, array in fitted.model_arrays().items()}
        (value,) = try_out(x, [getattr(fitted.symbolic(shared), what)(x)], rows)
    return value


def torture(n_mutations: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Try changed files; return the number of each outcome, and the violations."""
    rng = random.Random(seed)
    known = files()
    counts: Counter[str] = Counter()
    violations = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, file in known.items():
            if (found := outcome(file, folder)) != "read":
                violations.append(f"{name}, unchanged: {found}")
        for _ in range(n_mutations):
            name = rng.choice(list(known))
            file, said = mutated(known[name], list(known.values()), rng)
            found = outcome(file, folder)
            counts[
                found if found in ("refused", "read", "cannot be written") else "violation"
            ] += 1
            if found not in ("refused", "read", "cannot be written"):
                violations.append(f"{name}: {said}: {found}")
    return counts, violations


def main(arguments: Sequence[str] | None = None) -> int:
    """Try changed files, print the outcomes, and return 1 after a violation."""
    parser = argparse.ArgumentParser(
        prog="python -m torture.meanings", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--mutations", type=int, default=20_000, help="(%(default)s)")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        counts, violations = torture(options.mutations, options.seed, Path(folder))
    for violation in violations[:50]:
        print("VIOLATION", violation[:400])
    print(", ".join(f"{n:,} {what}" for what, n in counts.most_common()))
    print(f"{len(violations)} violations, {time.monotonic() - start:.0f} s")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
