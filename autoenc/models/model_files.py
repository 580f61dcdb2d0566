"""Contents of an estimator's model file other than parameters."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from autoenc import __version__
from autoenc.configuration import name_of_dtype
from autoenc.models.choices import is_masked
from autoenc.models.defaults import AUTO, is_auto
from autoenc.models.fitted import FittedModel
from autoenc.models.schema import SchemaError, check_model
from autoenc.rows.columns import Columns
from autoenc.rows.encoding import Encoding
from autoenc.rows.scaling import ColumnScaling
from autoenc.storage import ModelFileError, load_arrays
from autoenc.versions import installed_versions

# Settings that determine what a model computes from its arrays.
_DEFINING = ("activation", "cost", "output", "tied", "n_hidden", "hidden_sizes")
LIBRARIES = ("pytensor", "jax", "numpy", "scikit-learn")


def describe_model(fitted: FittedModel, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Collect settings, seed, history, columns and versions of a fitted model, for JSON.

    Raises
    ------
    ValueError
        If `load` would refuse the file, because settings were changed since `fit`.
    """
    description = {
        "class": fitted.kind,
        "settings": {name: _plain(value) for name, value in settings.items()}
        | ({"dtype": name_of_dtype(settings["dtype"])} if "dtype" in settings else {}),
        "fitted": {name: _plain(value) for name, value in fitted.described().items()},
        "versions": {"autoenc": __version__, "python": platform.python_version()}
        | installed_versions(LIBRARIES),
        **_describe_columns(fitted.columns),
    }
    try:
        if not is_auto(settings.get("activation", AUTO)):
            _check_activation(settings["activation"], fitted.choices.get("activation"))
        _check_missing(settings, fitted)
        check_model(fitted.all_arrays(), description)
    except SchemaError as error:
        raise ValueError(
            f"the {fitted.kind} cannot be saved: {error}. Restore the settings that were changed "
            "after fit."
        ) from error
    return description


def _check_activation(given: Any, chosen: Any) -> None:
    """Check that the setting is the activation of the model, which only some files contain.

    A setting may be one activation for all layers of a model.

    Raises
    ------
    SchemaError
        If the setting was changed since `fit`.
    """
    own, known = _plain(given), _plain(chosen)
    if isinstance(known, list) and not isinstance(own, list):
        own = [own] * len(known)
    if chosen is not None and own != known:
        raise SchemaError(f"activation is {given!r:.60}; expected {chosen!r:.60}")


def _check_missing(settings: Mapping[str, Any], fitted: FittedModel) -> None:
    """Check that the settings state whether NaN marks missing entries of the model.

    Raises
    ------
    SchemaError
        If the setting was changed since `fit`.
    """
    if "missing" not in settings:
        return
    if is_masked(settings, mixed=fitted.columns.encoding is not None) != fitted.masked:
        expected = "mask" if fitted.masked else "refuse"
        raise SchemaError(f"missing is {settings['missing']!r}; expected {expected!r}")


def _describe_columns(columns: Columns) -> dict[str, Any]:
    """Return the names, scaling, image shape and encoding of columns, as far as known."""
    scaling, encoding = columns.scaling, columns.encoding
    table = {
        "encoding": None if encoding is None else encoding.described(),
        "image_shape": None if columns.image_shape is None else list(columns.image_shape),
        "scaling": None if scaling is None else scaling.to_dict(),
    }
    found: dict[str, Any] = {}
    if columns.names is not None and encoding is None:
        found["feature_names_in_"] = list(map(str, columns.names))
    table = {name: value for name, value in table.items() if value or name != "encoding"}
    return found if not any(table.values()) else {**found, "table": table}


def read_description(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Read arrays and description of a model file, and check them against the schema.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file is not a model file of autoenc.
    """
    arrays, description = load_arrays(path)
    if str(description.get("format", "")).startswith("autoenc checkpoint"):
        raise ModelFileError(
            f"{path} is a checkpoint of a training run, not a model; resume the run with "
            "resume=True and save its model."
        )
    try:
        check_model(arrays, description)
    except SchemaError as error:
        raise ModelFileError(
            f"{path} is not a model of autoenc, or is damaged: {error}."
        ) from error
    return arrays, description


def read_model(
    path: str | os.PathLike[str], class_name: str, overrides: dict[str, Any]
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any], dict[str, Any]]:
    """Read a model file.

    Returns
    -------
    arrays : dict from name to array
    settings : dict
        Constructor arguments, including `overrides`.
    fitted : dict
        Fitted attributes that are not parameters, and the description of the columns.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If the file does not match the schema, contains a different class, or contains functions
        that `overrides` does not provide.
    """
    arrays, description = read_description(path)
    if description["class"] != class_name:
        raise ModelFileError(
            f"{path} contains a model of the class {description['class']!r}, not {class_name!r}; "
            "load it with the class that saved it."
        )
    _check_overrides(path, arrays, description, overrides)
    settings = {**description["settings"], **overrides}
    if "hidden_sizes" in settings and "hidden_sizes" not in overrides:
        settings["hidden_sizes"] = tuple(settings["hidden_sizes"])  # JSON has no tuples
    for name, value in settings.items():
        if (function := _function_in(value)) is not None:
            raise ModelFileError(
                f"{path} was saved with {name} given as the function {function}, which a file "
                f"cannot contain; pass it: {class_name}.load(path, {name}=...)."
            )
    return arrays, settings, {**description["fitted"], **_columns(description)}


def _check_overrides(
    path: str | os.PathLike[str], arrays: Mapping[str, Any], description: Mapping[str, Any],
    overrides: Mapping[str, Any],
) -> None:  # fmt: skip
    """Refuse settings that would make another model of the arrays in a file.

    A function may replace a function, because a file contains only names.
    """
    stored = description["settings"]
    changed = {
        name: _plain(overrides[name])
        for name in _DEFINING
        if name in overrides and _function_in(stored.get(name)) is None
    }
    try:
        fitted = description["fitted"]
        given = changed.get("activation", stored.get("activation"))
        if given != stored.get("activation") and "layers" not in fitted:
            _check_activation(given, {**stored, **fitted.get("chosen_", {})}["activation"])
        check_model(arrays, {**description, "settings": {**stored, **changed}})
    except SchemaError as error:
        raise ModelFileError(
            f"{path} contains a model that does not fit the settings that were passed: {error}."
        ) from error


def _function_in(value: Any) -> str | None:
    """Return the name of the first function that a setting is or contains."""
    if isinstance(value, dict):
        return str(value["function"])
    if isinstance(value, list):
        return next((name for item in value if (name := _function_in(item)) is not None), None)
    return None


def _columns(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names, scaling, image shape and encoding of columns that the file contains.

    In files of earlier versions that the command wrote, the names are under ``table``, too.
    """
    table = description.get("table", {})
    names = description.get("feature_names_in_", table.get("columns"))
    shape, scaling = table.get("image_shape"), table.get("scaling")
    found: dict[str, Any] = {}
    if names is not None:
        found["feature_names_in_"] = np.array(names, dtype=object)
    if shape is not None:
        found["image_shape"] = tuple(shape)
    if scaling is not None:
        found["scaling"] = ColumnScaling.from_dict(scaling)
    if table.get("encoding") is not None:
        found["encoding"] = Encoding.from_description(table["encoding"])
    return found


def _plain(value: Any) -> Any:
    """Return `value` in a form that JSON can store."""
    if isinstance(value, np.generic | np.ndarray):
        # Python has no type for long doubles.
        return float(value) if isinstance(value, np.longdouble) else value.tolist()
    if callable(value):
        return {"function": _name_of(value)}
    if isinstance(value, list | tuple | range):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    # A generator or a backend is not needed any more, and its description is stored elsewhere.
    return float(value) if isinstance(value, Real) else getattr(value, "name", None)


def _name_of(function: Any) -> str:
    """Return the name of a function; with its arguments, if it is a schedule, for example."""
    if isinstance(function, partial):
        given = [_name_of(one) if callable(one) else repr(one) for one in function.args]
        given += [f"{name}={one!r}" for name, one in function.keywords.items()]
        return f"{_name_of(function.func)}({', '.join(given)})"
    module, name = getattr(function, "__module__", "?"), getattr(function, "__qualname__", None)
    return f"{module}.{name or function}"  # operations of PyTensor have no such name
