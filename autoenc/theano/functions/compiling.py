"""Compile graphs to functions: ``theano.function``."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytensor import config
from pytensor.compile.rebuild import UnusedInputError

from autoenc.theano.functions.errors import in_theanos_words
from autoenc.theano.functions.inputs import as_inputs
from autoenc.theano.functions.recipe import Recipe
from autoenc.theano.functions.runtime import Function


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool | Sequence[Any] = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compile a graph to a function.

    Parameters
    ----------
    inputs : list of Variable, In or tuple (variable, default)
        Arguments of the function; shared variables cannot be inputs.
    outputs : Variable, Out, list or dict of these, optional
        Results of the function. If they are given as a dictionary, whose keys must be strings, the
        function returns a dictionary.
    mode : str or Mode, optional
        How to compile; by default ``theano.config.mode``.
    updates : dict or list of pairs (shared variable, expression), optional
        New values of shared variables after each call.
    givens : dict or list of pairs (variable, variable), optional
        Variables of the graph, and their replacements in this function.
    no_default_updates : bool or list of Variable
        Shared variables whose own updates, such as those of random streams, are skipped.
    accept_inplace : bool
        Whether the graph may have in-place operations.
    name : str, optional
        Name shown in profiles and errors; by default the line of the call.
    rebuild_strict : bool
        Whether a replacement in `givens` must have the type of the variable that it replaces.
    allow_input_downcast : bool, optional
        Whether arguments may lose precision. None allows this for Python floats only.
    profile : bool, str or ProfileStats, optional
        Whether to measure the time of each operation.
    on_unused_input : {"raise", "warn", "ignore"}, optional
        What to do if an input is not used.

    Returns
    -------
    Function

    Raises
    ------
    TypeError
        If an input, output, update or given is invalid.
    UnusedInputError
        If an input is used twice or not at all.
    """
    if not isinstance(inputs, (list, tuple)):
        raise Exception(
            "Input variables of a Theano function should be contained in a list, "
            "even when there is a single input."
        )
    keys, outputs = _as_list(outputs)
    recipe = Recipe(
        inputs=as_inputs(inputs, allow_input_downcast),
        outputs=outputs,
        output_keys=keys,
        mode=mode,
        updates=_pairs(updates),
        givens=_pairs(givens),
        no_default_updates=_bool_or_list(no_default_updates),
        rebuild_strict=rebuild_strict,
        allow_input_downcast=allow_input_downcast,
        accept_inplace=accept_inplace,
        on_unused_input=on_unused_input,
        profile=profile,
        name=name or _calling_line(),
    )
    try:
        if (on_unused_input or config.on_unused_input) == "warn":
            recipe = _warned(recipe)
        compiled: Function = recipe.compiled()
    except (TypeError, UnusedInputError) as error:
        error.args = tuple(map(in_theanos_words, error.args))
        raise
    return compiled


def _warned(recipe: Recipe) -> Recipe:
    """Warn of unused inputs at the caller's line; return the recipe without a second warning."""
    for index, variable in recipe.unused_inputs():
        warnings.warn(
            "theano.function was asked to create a function computing outputs given certain "
            f"inputs, but the provided input variable at index {index} is not part of the "
            f"computational graph needed to compute the outputs: {variable}.\nTo make this "
            "warning into an error, you can pass the parameter on_unused_input='raise' to "
            "theano.function. To disable it completely, use on_unused_input='ignore'.",
            stacklevel=3,
        )
    return replace(recipe, on_unused_input="ignore")


def _as_list(outputs: Any) -> tuple[list[str] | None, Any]:
    """Split a dictionary of outputs into sorted names and variables."""
    if not isinstance(outputs, Mapping):
        return None, outputs
    assert all(isinstance(key, str) for key in outputs), "names of outputs must be strings"
    keys = sorted(outputs)
    return keys, [outputs[key] for key in keys]


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    """Return updates or givens as pairs.

    Raises
    ------
    ValueError
        If they are neither a mapping nor pairs.
    """
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    return [_pair(pair) for pair in _checked(pairs)]


def _checked(pairs: Any) -> Iterable[Any]:
    if not isinstance(pairs, Iterable) or hasattr(pairs, "owner"):
        raise ValueError(
            "The updates parameter must be an OrderedDict/dict or a list of lists/tuples "
            f"with 2 elements; got {pairs!r}."
        )
    return pairs


def _pair(pair: Any) -> tuple[Any, Any]:
    if isinstance(pair, (list, tuple)) and len(pair) == 2:
        return pair[0], pair[1]
    raise ValueError(
        "The updates parameter must be an OrderedDict/dict or a list of lists/tuples "
        f"with 2 elements; got {pair!r} in it."
    )


def _bool_or_list(no_default_updates: Any) -> bool | list[Any]:
    if isinstance(no_default_updates, (bool, list)):
        return no_default_updates
    raise TypeError("no_default_update should be either a boolean or a list")


def _calling_line() -> str:
    frame = traceback.extract_stack(limit=3)[0]
    return f"{frame.filename}:{frame.lineno}"
