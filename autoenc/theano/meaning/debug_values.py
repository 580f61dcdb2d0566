"""Test values, with which operations are computed while a graph is built.

A script sets ``theano.config.compute_test_value`` to "raise", "warn" or "ignore", and
``x.tag.test_value`` of its inputs. Each variable then has a test value, and a wrong shape is
reported at the line that applies the operation.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import pytensor.tensor as pt
from pytensor.compile.builders import OpFromGraph, SymbolicOp
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.op import HasInnerGraph, Op
from pytensor.graph.utils import MethodNotDefined
from pytensor.scalar import ScalarOp
from pytensor.scan.op import Scan
from pytensor.tensor.blockwise import Blockwise

from autoenc.theano.flags import config

Function = TypeVar("Function", bound=Callable[..., Any])

_suspended: list[bool] = []


def get_test_value(variable: Any) -> Any:
    """Return the test value of a variable, or the value of a constant or shared variable.

    Raises
    ------
    AttributeError
        If the variable has no test value.
    """
    if not isinstance(variable, Variable):
        variable = pt.as_tensor_variable(variable)
    if isinstance(variable, Constant):
        return variable.data
    if isinstance(variable, SharedVariable):
        return variable.get_value(borrow=True)
    return variable.tag.test_value


def get_debug_values(*variables: Any) -> list[Any]:
    """Return a list of one entry: a tuple of the test values, or the only test value itself.

    The list is empty if test values are off, or if a variable has none.
    """
    if is_off():
        return []
    values = []
    for i, variable in enumerate(variables):
        try:
            values.append(get_test_value(variable))
        except AttributeError:
            name = f" ({variable.name})" if getattr(variable, "name", None) else ""
            missing_test_message(f"Argument {i}{name} has no test value")
            return []
    return values if len(values) == 1 else [tuple(values)]


def missing_test_message(message: str) -> None:
    """Raise or warn about a missing test value, according to ``compute_test_value``.

    Raises
    ------
    AttributeError
        If ``compute_test_value`` is "raise".
    """
    _miss(message, AttributeError)


def _miss(message: str, kind: type[Exception]) -> None:
    action = config.compute_test_value
    if action == "raise":
        raise kind(message)
    if action == "warn":
        warnings.warn(message, stacklevel=3)


@contextmanager
def suspended() -> Iterator[None]:
    """Build graphs without test values, within a block: while compiling, for example."""
    _suspended.append(True)
    try:
        yield
    finally:
        _suspended.pop()


@contextmanager
def resumed() -> Iterator[None]:
    """Build graphs with test values, within a block in which they are suspended."""
    before = [*_suspended]
    _suspended.clear()
    try:
        yield
    finally:
        _suspended[:] = before


def give_value(variable: Variable, like: Variable) -> None:
    """Give a variable the test value of another, which is computed if needed and possible."""
    with contextlib.suppress(AttributeError):
        variable.tag.test_value = _found_or_computed(like)


def extend() -> None:
    """Compute test values of the nodes that operations create."""
    for kind in (Op, SymbolicOp):
        kind.__call__ = _computing(kind.__call__)
    for kind in (Scan, OpFromGraph, Blockwise):
        for name in ("pullback", "pushforward"):  # build graphs of placeholders
            if name in vars(kind):
                setattr(kind, name, only_of_results(vars(kind)[name], reported=False))
    for kind in (Scan, OpFromGraph):
        # Some inner graphs are compiled at the first call, where nothing is suspended.
        kind.fn = property(_without_values(kind.fn.fget))


def _without_values(function: Callable[[Op], Any]) -> Callable[[Op], Any]:
    @functools.wraps(function)
    def compiled(op: Op) -> Any:
        with suspended():
            return function(op)

    return compiled


def is_off() -> bool:
    """Return whether graphs are built without test values."""
    return bool(_suspended) or config.get("compute_test_value") == "off"


def _computing(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def applied(op: Op, *inputs: Any, **named: Any) -> Any:
        if is_off() or isinstance(op, ScalarOp):  # gradients apply these to placeholders
            return call(op, *inputs, **named)
        with suspended():
            result = call(op, *inputs, **named)
        first = result[0] if isinstance(result, list) and result else result
        _compute(getattr(first, "owner", None))
        return result

    return applied


def only_of_results(build: Function, *, reported: bool = True) -> Function:
    """Return a function that builds a graph whose results alone have test values.

    Use it for functions that build graphs of placeholders, which have no test values.

    Parameters
    ----------
    build : callable
    reported : bool
        Whether to report a result without test value, because a variable has none.
    """

    @functools.wraps(build)
    def applied(*arguments: Any, **named: Any) -> Any:
        with suspended():
            results = build(*arguments, **named)
        if not is_off():
            for result in results if isinstance(results, list | tuple) else [results]:
                try:
                    _found_or_computed(result)
                except AttributeError:
                    if reported:
                        _miss(
                            f"Cannot compute test value: an input of {result} is missing default "
                            "value.",
                            ValueError,
                        )
        return results

    return applied  # type: ignore[return-value]


def _compute(node: Apply | None) -> None:
    """Set the test values of a node's outputs, if its inputs have some.

    Raises
    ------
    ValueError
        If an input has no test value and ``compute_test_value`` is "raise".
    """
    if node is None:
        return
    values = []
    for i, variable in enumerate(node.inputs):
        try:
            values.append(_found_or_computed(variable))
        except AttributeError:
            _miss(
                f"Cannot compute test value: input {i} ({variable}) of Op {node} missing default "
                "value.",
                ValueError,
            )
            return
    _run(node, values)


def _found_or_computed(variable: Variable) -> Any:
    """Return a test value; compute it if the variable was built while they were suspended."""
    if variable.owner is not None and not hasattr(variable.tag, "test_value"):
        _run(variable.owner, [_found_or_computed(v) for v in variable.owner.inputs])
    value = get_test_value(variable)
    try:
        return variable.type.filter(value)
    except TypeError as error:
        # Theano raised TypeError, which PyTensor's operators would interpret as an unsupported
        # operand.
        raise ValueError(
            f"For compute_test_value, one input test value does not have the requested type: "
            f"{variable} needs {variable.type}. {error}"
        ) from error


def _run(node: Apply, values: list[Any]) -> None:
    destroyed = {i for inputs in node.op.destroy_map.values() for i in inputs}
    values = [copy.deepcopy(value) if i in destroyed else value for i, value in enumerate(values)]
    storage: dict[Any, list[Any]] = {
        variable: [value] for variable, value in zip(node.inputs, values, strict=True)
    }
    storage |= {output: [None] for output in node.outputs}
    known = {variable: [variable not in node.outputs] for variable in storage}
    op = node.op
    if isinstance(op, HasInnerGraph):
        # A thunk rewrites the inner graph, of which gradients are taken later.
        op = op.clone()
    with suspended(), _compiling(op):
        try:
            op.make_thunk(node, storage, known, no_recycling=[], impl="py")()
        except (MethodNotDefined, NotImplementedError):
            return
    for output in node.outputs:
        output.tag.test_value = storage[output][0]


def _compiling(op: Op) -> AbstractContextManager[Any]:
    """Return the context in which a thunk may compile an inner graph."""
    from autoenc.theano.engines import compiling

    return compiling() if isinstance(op, HasInnerGraph) else contextlib.nullcontext()
