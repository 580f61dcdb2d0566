"""What an estimator's model file says beside the parameters."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from autoenc import __version__
from autoenc.models.fitted import FittedModel
from autoenc.storage import ModelFileError, load_arrays

LIBRARIES = ("pytensor", "jax", "numpy", "scikit-learn")


def describe_model(fitted: FittedModel, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Collect settings, seed, history and versions of a fitted model, for JSON."""
    description = {
        "class": fitted.kind,
        "settings": {name: _plain(value) for name, value in settings.items()},
        "fitted": {name: _plain(value) for name, value in fitted.described().items()},
        "versions": {"autoenc": __version__, "python": platform.python_version()}
        | {library: version(library) for library in LIBRARIES},
    }
    if fitted.columns.names is not None:
        description["feature_names_in_"] = list(fitted.columns.names)
    return description


def read_model(
    path: str | os.PathLike[str], class_name: str, overrides: dict[str, Any]
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any], dict[str, Any]]:
    """Read a model file.

    Returns
    -------
    arrays : dict from name to array
    settings : dict
        Constructor arguments, `overrides` among them.
    fitted : dict
        Fitted attributes that are not parameters.

    Raises
    ------
    ModelFileError
        If the file holds another class, lacks a part, or holds functions that `overrides` does
        not give.
    """
    arrays, description = load_arrays(path)
    if description.get("class") != class_name:
        raise ModelFileError(
            f"{path} holds a {description.get('class')!r}, not a {class_name!r}; load it with "
            "the class that saved it."
        )
    for part in ("settings", "fitted"):
        if not isinstance(description.get(part), dict):
            raise ModelFileError(f"{path} has no {part}; it was not written by autoenc.")
    settings = {**description["settings"], **overrides}
    for name, value in settings.items():
        if isinstance(value, dict) and "function" in value:
            raise ModelFileError(
                f"{path} was saved with {name} given as the function {value['function']}, which "
                f"a file cannot hold; pass it: {class_name}.load(path, {name}=...)."
            )
    fitted = dict(description["fitted"])
    if "feature_names_in_" in description:
        fitted["feature_names_in_"] = np.array(description["feature_names_in_"], dtype=object)
    return arrays, settings, fitted


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if isinstance(value, np.generic):
        return value.item()
    if callable(value):
        module, name = getattr(value, "__module__", "?"), getattr(value, "__qualname__", "?")
        return {"function": f"{module}.{name}"}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    # A generator or a backend object: its use is over, its description is kept elsewhere.
    return getattr(value, "name", None)
