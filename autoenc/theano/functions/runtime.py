"""Compiled functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from pytensor.compile import executor
from pytensor.compile.executor import DUPLICATE
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor.type import DenseTensorType

from autoenc.backends.arrays import on_the_host
from autoenc.theano.flags import config
from autoenc.theano.functions.errors import as_raised
from autoenc.theano.functions.inputs import In
from autoenc.theano.functions.recipe import Recipe, restored
from autoenc.theano.meaning.clients import belong_to
from autoenc.theano.results import guarded


class Values:
    """Values of a function's inputs, by index, name or variable: ``f.value[x]``."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def __getitem__(self, item: Any) -> Any:
        return self._function.container_of(item).value

    def __setitem__(self, item: Any, value: Any) -> None:
        container = self._function.container_of(item)
        container.value = value
        container.provided += 1

    def __contains__(self, item: Any) -> bool:
        return item in self._function._finder


class Containers:
    """Containers of a function's inputs, by index, name or variable: ``f.container[x]``."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def __getitem__(self, item: Any) -> Any:
        return self._function.container_of(item)

    def __contains__(self, item: Any) -> bool:
        return item in self._function._finder


class Function(executor.Function):
    """Compiled graph.

    A function is called with arrays, in the order of the inputs or by their names. It returns one
    array for each output. ``f[x]`` is the value of an input or shared variable.
    """

    __slots__ = ("_guards", "_lent", "_refeeds", "output_keys", "recipe")

    recipe: Recipe
    # Whether values of shared variables are copied from a device before a call. Functions on a
    # device leave them there.
    fetches: ClassVar[bool] = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.output_keys: list[str] | None = getattr(self.maker, "output_keys", None)
        belong_to(self.maker.fgraph, self.maker.fgraph.variables)
        self._refeeds = tuple(self._defaults_to_restore())
        self._lent = tuple(self._memory_of_results())
        self._guards = tuple(
            i for i, output in enumerate(self.outputs) if _is_number(output.variable)
        )

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Compute the outputs.

        Parameters
        ----------
        *arguments, **named
            Values of the inputs; those with a default may be left out. `output_subset`
            lists the outputs that are returned, by index or by name.

        Returns
        -------
        array, list or dict of arrays
            In the form in which the outputs were specified.
        """
        if self.fetches:
            for storage in self.shared_storage():
                storage[0] = on_the_host(storage[0])
        if named:
            subset = named.pop("output_subset", None)
            if subset is not None:
                return self._subset(self(*arguments, **named), subset)
        try:
            results = self._collected(super().__call__(*arguments, **named))
        except (AssertionError, OverflowError, TypeError, ValueError) as error:
            raised = as_raised(error)
            if raised is error:
                raise
            raise raised from error.__cause__
        finally:
            # Restored after the call, so that `f[x] = value` holds for the next one.
            for storage, value in self._refeeds:
                storage[0] = value
            for storage in self._lent:
                storage[0] = None
        if self._guards:
            results = self._guarded(results)
        if self.output_keys is not None:
            return dict(zip(self.output_keys, results, strict=True))
        return results

    def __getitem__(self, item: Any) -> Any:
        return self.value[item]

    def __setitem__(self, item: Any, value: Any) -> None:
        self.value[item] = value

    def __contains__(self, item: Any) -> bool:
        return item in self.value

    def __repr__(self) -> str:
        return f"<theano.compile.function_module.Function object {self.name or ''}>"

    @property
    def value(self) -> Values:
        """Values of the inputs and shared variables."""
        return Values(self)

    @property
    def container(self) -> Containers:
        """Containers of the inputs and shared variables."""
        return Containers(self)

    data = value

    @property
    def fn(self) -> Any:
        """Virtual machine that runs the compiled graph."""
        return self.vm

    @property
    def finder(self) -> dict[Any, Any]:
        """Containers by index, name and variable."""
        return dict(self._finder)

    @property
    def inv_finder(self) -> dict[Any, Any]:
        """Inputs by container."""
        return dict(self._inv_finder)

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """For each input: whether it is required, whether each call restores it, its default."""
        return [
            (container.required, getattr(given, "refeed", False), getattr(given, "default", None))
            for container, given in self._inv_finder.items()
        ]

    def copy(
        self,
        share_memory: bool = False,
        swap: dict[Any, Any] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> Function:
        """Compile the function again; as in Theano, the copy always returns a list.

        Parameters
        ----------
        share_memory : bool
            Accepted for compatibility; the engine manages memory for intermediate results.
        swap : dict of shared variables, optional
            Replacements of the function's shared variables in the copy.
        delete_updates : bool
            Whether to omit the updates in the copy.
        name : str, optional
            Name of the copy; by default that of the function, followed by "copy".
        profile : bool, str or ProfileStats, optional
            As for ``theano.function``.

        Raises
        ------
        ValueError
            If the function does not have a shared variable of `swap`.
        AssertionError
            If a variable and its replacement have different types.
        """
        recipe = self.recipe.named(name or f"{self.name} copy", profile)
        if swap:
            self._check_swap(swap)
            recipe = recipe.swapped(swap)
        if delete_updates:
            recipe = recipe.without_updates()
        copied: Function = recipe.compiled()
        copied.unpack_single, copied.output_keys = False, None
        return copied

    def __copy__(self) -> Function:
        return self.copy()

    def __reduce__(self) -> Any:
        return restored, (self.recipe, self.trust_input)

    def container_of(self, item: Any) -> Any:
        """Return the container of an input or shared variable.

        Raises
        ------
        TypeError
            If the name is unknown or ambiguous.
        """
        container = self._finder.get(item)
        if container is None:
            raise TypeError(f"Unknown input or state: {item}")
        if container is DUPLICATE:
            raise TypeError(
                f"Ambiguous name: {item} - please check the names of the inputs of your "
                "function for duplicates."
            )
        return container

    def shared_storage(self) -> Iterator[list[Any]]:
        """Yield where the function finds the values of shared tensors."""
        for container, given in self._inv_finder.items():
            if given.shared and hasattr(container.type, "dtype"):
                yield container.storage

    def sync_shared(self) -> None:
        """Do nothing: shared variables are up to date after each call."""

    def _validate_inputs(self, arguments: Any, named: Any) -> None:
        """Store the arguments; None is stored as it is, for operations such as `default`."""
        missing = [i for i, given in enumerate(arguments) if given is None]
        if not missing:
            super()._validate_inputs(arguments, named)
            return
        stand_ins = {i: _stand_in(self.input_storage[i].type) for i in missing}
        super()._validate_inputs([stand_ins.get(i, a) for i, a in enumerate(arguments)], named)
        for i in missing:
            self.input_storage[i].storage[0] = None

    def _check_swap(self, swap: dict[Any, Any]) -> None:
        for old, new in swap.items():
            if old not in self._finder:
                raise ValueError(f"SharedVariable: {old} not found")
            if not isinstance(new, SharedVariable) or not new.type.in_same_class(old.type):
                raise AssertionError(
                    f"{old} cannot be swapped for {new}; expected a shared variable of its type, "
                    f"{old.type}, got {getattr(new, 'type', type(new).__name__)}"
                )

    def _subset(self, results: Any, subset: Sequence[Any]) -> Any:
        if isinstance(results, dict):
            return {key: results[key] for key in subset}
        return [results[i] for i in subset]

    def _defaults_to_restore(self) -> Iterator[tuple[list[Any], Any]]:
        for container, given in self._inv_finder.items():
            if isinstance(given, In) and given.refeed:
                yield container.storage, container.value

    def _memory_of_results(self) -> Iterator[list[Any]]:
        """Yield the storage of results that are returned without a copy, and of their bases.

        Results of ``Out(x, borrow=True)`` are not copied, nor are the arrays that they are views
        of. Theano wrote the next results to new memory, unless the user turned off `allow_gc`.
        """
        known = getattr(self.vm, "storage_map", {})
        results = list(self.maker.fgraph.outputs[: len(self.outputs)]) if config.allow_gc else []
        while results:
            variable = results.pop()
            if variable.owner is None or variable not in known:
                continue
            yield known[variable]
            op, number = variable.owner.op, variable.owner.outputs.index(variable)
            sources = [*op.view_map.get(number, ()), *op.destroy_map.get(number, ())]
            results += [variable.owner.inputs[i] for i in sources]

    def _collected(self, results: Any) -> Any:
        """Return the results as NumPy arrays, which they already are in C."""
        return results

    def _guarded(self, results: Any) -> Any:
        if self.unpack_single:
            return guarded(results)
        for i in self._guards:
            results[i] = guarded(results[i])
        return results


def _stand_in(kind: Any) -> Any:
    """Return a value of a type, in place of None."""
    if not isinstance(kind, DenseTensorType):
        return None
    return np.zeros([length or 0 for length in kind.shape], kind.dtype)


def _is_number(variable: Any) -> bool:
    return getattr(variable, "ndim", None) == 0 and hasattr(variable, "dtype")
