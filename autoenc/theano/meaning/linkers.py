"""Linkers that pass each operation to a function as it runs: ``theano.gof.WrapLinkerMany``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pytensor.link import basic
from pytensor.link.vm import VMLinker

from autoenc.theano.meaning.clients import belong_to

VM_Linker = VMLinker


class WrapLinker(basic.WrapLinker):
    """Linker that calls a function in place of each operation.

    Parameters
    ----------
    linkers : list of Linker
        Linkers that run the operations.
    wrapper : callable
        Function of the number, the node and the thunks of an operation.
    """

    def __init__(self, linkers: Sequence[Any], wrapper: Callable[..., None]) -> None:
        super().__init__(linkers, _with_graph(wrapper))


def WrapLinkerMany(  # noqa: N802 - Theano's name
    linkers: Sequence[Any], wrappers: Sequence[Callable[..., None]]
) -> Any:
    """Return a linker that calls several wrappers."""
    return basic.WrapLinkerMany(linkers, [_with_graph(wrapper) for wrapper in wrappers])


def _with_graph(wrapper: Callable[..., None]) -> Callable[..., None]:
    """Return a wrapper with PyTensor's arguments; PyTensor also passes the graph, as the first."""
    # Theano's are the number, the node and the thunk, or any number of thunks.
    if len(inspect.signature(wrapper).parameters) != 3:
        return wrapper

    def wrap(graph: Any, i: int, node: Any, *thunks: Any) -> None:
        belong_to(graph, node.outputs)
        wrapper(i, node, *thunks)

    return wrap


def make_function(linker: basic.Linker, unpack_single: bool = True, **options: Any) -> Any:
    """Return a function of the graph that a linker has accepted.

    Parameters
    ----------
    linker : Linker
    unpack_single : bool
        Whether a function with one output returns its value instead of a list.
    **options
        Parameters of the linker's ``make_thunk``.
    """
    thunk, inputs, outputs = linker.make_thunk(**options)[:3]

    def execute(*values: Any) -> Any:
        if len(values) != len(inputs):
            raise TypeError(
                f"Function call takes exactly {len(inputs)} argument{'s' * (len(inputs) != 1)} "
                f"({len(values)} given)"
            )
        for container, value in zip(inputs, values, strict=True):
            container.data = value
        thunk()
        results = [container.data for container in outputs]
        return results[0] if unpack_single and len(results) == 1 else results

    vars(execute).update(thunk=thunk, inputs=inputs, outputs=outputs, unpack_single=unpack_single)
    return execute


def extend() -> None:
    """Add the method ``make_function`` to PyTensor's linkers; later calls have no effect."""
    type.__setattr__(basic.Linker, "make_function", make_function)
