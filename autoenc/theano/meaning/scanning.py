"""Loops: ``theano.scan`` and functions based on it, which return (outputs, updates)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.debug.debugmode import DebugMode
from pytensor.compile.mode import Mode, get_mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import graph_inputs
from pytensor.link.basic import PerformLinker
from pytensor.link.c.basic import CLinker, OpWiseCLinker
from pytensor.link.vm import VMLinker
from pytensor.scan.basic import get_updates_and_outputs
from pytensor.scan.basic import scan as _scan
from pytensor.scan.utils import until

from autoenc.theano.engines import default_mode
from autoenc.theano.flags import config
from autoenc.theano.meaning.debug_values import give_value, is_off, resumed, suspended
from autoenc.theano.updates import OrderedUpdates


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: bool | str = False,
    allow_gc: bool | None = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function step by step.

    Parameters
    ----------
    fn : callable
        Function of slices of the sequences, earlier outputs and the non-sequences. It returns
        outputs, updates and, wrapped in `until`, a condition to stop.
    sequences, outputs_info, non_sequences
        Arguments of `fn`; see `pytensor.scan`.
    n_steps : int or scalar, optional
        Number of steps; by default the length of the shortest sequence. A negative number
        iterates backwards.
    truncate_gradient : int
        Number of steps through which gradients are propagated; -1 for all.
    go_backwards : bool
        Whether to iterate over the sequences from their end.
    mode : str or Mode, optional
        How the steps are compiled. `DebugMode` checks the loop as a whole, not each step.
    name, profile, allow_gc, strict, return_list
        See `pytensor.scan`.

    Returns
    -------
    outputs : Variable, list of Variable or None
        Outputs of all steps, along a new first dimension.
    updates : OrderedUpdates
        New values of the shared variables, to be passed to ``theano.function``.
    """
    steps, backwards = _steps(n_steps, go_backwards)
    states, has_values = _states(outputs_info), not is_off()
    if has_values:
        fn = _with_test_values(fn, [*_slices(sequences), *_previous(outputs_info)])
    with warnings.catch_warnings(), suspended():
        warnings.simplefilter("ignore", DeprecationWarning)
        outputs, updates = _scan(
            _with_all_updates(fn, states),
            sequences=_with_listed_taps(sequences),
            outputs_info=_with_listed_taps(outputs_info),
            non_sequences=non_sequences,
            n_steps=steps,
            truncate_gradient=truncate_gradient,
            go_backwards=backwards,
            mode=_mode_of_steps(mode),
            name=name,
            profile=bool(profile),
            allow_gc=allow_gc,
            strict=strict,
            return_list=return_list,
        )
    for output in _listed(outputs) if has_values else ():
        give_value(output, output)
    return outputs, OrderedUpdates(updates)


def _mode_of_steps(mode: Any) -> Any:
    """Return a mode with a virtual machine, which alone compiles the steps of a gradient."""
    if mode is None and config.linker != "py":
        return None
    # Without a mode, PyTensor compiles steps to C, whatever the linker of the settings.
    found = default_mode() if mode is None else get_mode(mode)
    linker = type(found.linker)
    if linker is PerformLinker or isinstance(found, DebugMode):
        machine = VMLinker(use_cloop=False, c_thunks=False)
    elif linker in (CLinker, OpWiseCLinker):
        machine = VMLinker(use_cloop=False)
    else:
        return mode
    return Mode(machine, found.provided_optimizer)


def map(  # noqa: A001 - Theano's name
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function to each entry of sequences."""
    return scan(
        fn,
        sequences=sequences,
        outputs_info=[],
        non_sequences=non_sequences,
        truncate_gradient=truncate_gradient,
        go_backwards=go_backwards,
        mode=mode,
        name=name,
    )


def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function to each entry and the previous result, and return the last result."""
    outputs, updates = scan(
        fn,
        sequences=sequences,
        outputs_info=outputs_info,
        non_sequences=non_sequences,
        go_backwards=go_backwards,
        mode=mode,
        name=name,
    )
    if isinstance(outputs, (list, tuple)):
        return [output[-1] for output in outputs], updates
    return outputs[-1], updates


def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Reduce from the first entry to the last."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Reduce from the last entry to the first."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)


def _steps(n_steps: Any, backwards: bool) -> tuple[Any, bool]:
    """Return the number of steps as an integer, and the direction."""
    if isinstance(n_steps, (float, np.floating)):
        if not np.isfinite(n_steps):
            return None, backwards
        n_steps = int(n_steps)
    if isinstance(n_steps, (int, np.integer)) and n_steps < 0:
        return -n_steps, True
    return n_steps, backwards


def _with_listed_taps(given: Any) -> Any:
    """Return sequences or initial states whose taps are lists; they may be ranges."""
    if isinstance(given, (list, tuple)):
        return [_with_listed_taps(part) for part in given]
    if isinstance(given, dict) and isinstance(given.get("taps"), (range, tuple)):
        return {**given, "taps": list(given["taps"])}
    return given


def _states(outputs_info: Any) -> list[Any]:
    """Return the initial state of each output; None for outputs that are not fed back."""
    given = outputs_info if isinstance(outputs_info, (list, tuple)) else [outputs_info]
    return [_one_step(info) for info in given]


def _one_step(info: Any) -> Any:
    if isinstance(info, dict):
        taps = info.get("taps", [-1])
        initial = info.get("initial")
        if initial is None:
            return None
        initial = pt.as_tensor_variable(initial) if not isinstance(initial, Variable) else initial
        return initial if taps in ([-1], -1, None) else initial[0]
    if info is None or isinstance(info, Variable):
        return info
    return pt.as_tensor_variable(info)


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _slices(sequences: Any) -> Iterator[Any]:
    """Yield the slices of the sequences that the first step receives."""
    for sequence in _listed(_with_listed_taps(sequences)):
        given = sequence if isinstance(sequence, dict) else {"input": sequence}
        yield from _at_taps(given["input"], given.get("taps"), [0])


def _previous(outputs_info: Any) -> Iterator[Any]:
    """Yield the earlier outputs that the first step receives."""
    for info in _listed(_with_listed_taps(outputs_info)):
        given = info if isinstance(info, dict) else {"initial": info}
        initial, taps = given.get("initial"), given.get("taps")
        if initial is not None and taps in (None, -1, [-1]):
            yield initial if isinstance(initial, Variable) else pt.as_tensor_variable(initial)
        elif initial is not None:
            yield from _at_taps(initial, taps, [-1])


def _at_taps(values: Any, taps: Any, default: list[int]) -> Iterator[Any]:
    taps = default if taps is None else _listed(taps)
    first = min(*taps, 0)
    return (pt.as_tensor_variable(values)[tap - first] for tap in taps)


def _with_test_values(fn: Callable[..., Any], first: list[Any]) -> Callable[..., Any]:
    """Return a step that computes test values, from those of its first arguments."""

    def step(*arguments: Any) -> Any:
        for argument, like in zip(arguments, first, strict=False):
            give_value(argument, like)
        with resumed():
            return fn(*arguments)

    return step


def _with_all_updates(fn: Callable[..., Any], states: list[Any]) -> Callable[..., Any]:
    """Return a step that also returns the updates of the random streams that it draws from.

    PyTensor only collects the updates of streams that are created within the step. A random
    variable that is an argument of the step was drawn outside, once for all steps. The step does
    not update its stream.
    """

    def step(*arguments: Any) -> Any:
        condition, outputs, updates = get_updates_and_outputs(fn(*arguments))
        outputs = _as_states(outputs, states)
        drawn = _default_updates([*outputs, *updates.values()], updates, arguments)
        updates = {**drawn, **updates}
        result = outputs, updates
        return (*result, until(condition)) if condition is not None else result

    return step


def _as_states(outputs: list[Any], states: list[Any]) -> list[Any]:
    if len(outputs) != len(states):
        return list(outputs)
    return [_as_state(*pair) for pair in zip(outputs, states, strict=True)]


def _as_state(output: Any, state: Any) -> Any:
    """Return an output with the static lengths of its initial state where its own are unknown."""
    if state is None or not hasattr(output.type, "shape") or output.type == state.type:
        return output
    if output.type.ndim != state.type.ndim or output.type.dtype != state.type.dtype:
        return output
    known = [
        mine if mine is not None else theirs if theirs != 1 else None
        for mine, theirs in zip(output.type.shape, state.type.shape, strict=True)
    ]
    return pt.specify_shape(output, known)


def _default_updates(expressions: list[Any], given: Any, arguments: Any) -> dict[Any, Any]:
    """Return the updates of shared variables between the arguments of a step and its outputs."""
    found: dict[Any, Any] = {}
    wanted = list(graph_inputs(expressions, arguments))
    while wanted:
        variable = wanted.pop()
        update = getattr(variable, "default_update", None)
        is_new = variable not in found and variable not in given
        if isinstance(variable, SharedVariable) and update is not None and is_new:
            found[variable] = update
            wanted.extend(graph_inputs([update], arguments))
    return found
