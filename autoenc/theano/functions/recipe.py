"""Arguments of a function's compilation, from which copies and pickles are compiled."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, replace
from typing import Any

from pytensor import config
from pytensor.compile.debug.profiling import ProfileStats
from pytensor.compile.rebuild import construct_function_ins_and_outs
from pytensor.graph.traversal import ancestors

from autoenc.theano.engines import engine_for
from autoenc.theano.functions.inputs import In
from autoenc.theano.meaning.debug_values import suspended

Pairs = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Recipe:
    """Checked arguments of ``theano.function``.

    A compiled graph depends on the engine, its rewrites and the machine, but the recipe does not.
    A pickled function therefore contains the recipe, and is compiled for the local engine when it
    is loaded.
    """

    inputs: list[In]
    outputs: Any
    output_keys: list[str] | None
    mode: Any
    updates: Pairs
    givens: Pairs
    no_default_updates: bool | list[Any]
    rebuild_strict: bool
    allow_input_downcast: bool | None
    accept_inplace: bool
    on_unused_input: str | None
    profile: Any
    name: str

    def compiled(self) -> Any:
        """Compile the function, with a state of its own."""
        inputs = [given.afresh() if isinstance(given, In) else given for given in self.inputs]
        return replace(self, inputs=inputs).compiled_with_state()

    def compiled_with_state(self) -> Any:
        """Compile the function with the state that its inputs have."""
        with suspended():
            function = engine_for(self.mode).compile(
                self.graph,
                output_keys=self.output_keys,
                accept_inplace=self.accept_inplace,
                name=self.name,
                profile=_statistics(self.profile, self.name),
                on_unused_input=self.on_unused_input,
            )
        function.recipe = self
        return function

    def unused_inputs(self) -> list[tuple[int, Any]]:
        """Return indices and variables of inputs on which no output and no update depends."""
        inputs, outputs = self.graph()
        outputs = outputs if isinstance(outputs, list) else [outputs]
        results = [getattr(result, "variable", result) for result in outputs]
        results += [given.update for given in inputs if given.update is not None]
        used = set(ancestors(results, blockers=[given.variable for given in inputs]))
        return [
            (index, given.variable)
            for index, given in enumerate(inputs)
            if given.update is None and given.variable not in used
        ]

    def graph(self) -> tuple[Any, Any]:
        """Return the inputs and outputs of a new copy of the graph."""
        graph: tuple[Any, Any] = construct_function_ins_and_outs(
            self.inputs,
            self.outputs,
            updates=self.updates,
            givens=self.givens,
            no_default_updates=self.no_default_updates,
            rebuild_strict=self.rebuild_strict,
            allow_input_downcast=self.allow_input_downcast,
        )
        return graph

    def swapped(self, swap: dict[Any, Any]) -> Recipe:
        """Return the recipe with shared variables replaced by others."""
        updates = [(swap.get(variable, variable), update) for variable, update in self.updates]
        given = {variable for variable, _ in self.updates}
        updates += [
            (new, old.default_update)
            for old, new in swap.items()
            if old not in given and getattr(old, "default_update", None) is not None
        ]
        return replace(self, updates=updates, givens=[*swap.items(), *self.givens])

    def without_updates(self) -> Recipe:
        """Return the recipe without updates."""
        inputs = [_without_update(given) for given in self.inputs]
        # Inputs that only updates depended on are now unused.
        return replace(
            self, inputs=inputs, updates=[], no_default_updates=True, on_unused_input="ignore"
        )

    def named(self, name: str, profile: Any) -> Recipe:
        """Return the recipe with another name and profile."""
        return replace(self, name=name, profile=profile)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        state["mode"] = _portable(self.mode)
        state["profile"] = bool(self.profile)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


def restored(recipe: Recipe, trust_input: bool) -> Any:
    """Compile a pickled function; None if ``theano.config.unpickle_function`` is false."""
    if not config.unpickle_function:
        return None
    function = recipe.compiled_with_state()
    function.trust_input = trust_input
    return function


def _without_update(given: In) -> In:
    changed = copy.copy(given)
    changed.update = None
    return changed


def _portable(mode: Any) -> Any:
    """Return a mode, or None (the default mode) if it cannot be pickled."""
    try:
        pickle.dumps(mode)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    return mode


def _statistics(profile: Any, name: str) -> Any:
    if profile is None:
        profile = config.profile or config.print_global_stats
    if profile is True:
        return ProfileStats(message=name)
    if isinstance(profile, str):
        return ProfileStats(message=profile)
    return profile or None
