"""Symbolic random generators, which the caller owns and passes explicitly.

There is no global generator: a function that needs noise takes a symbolic generator as an
argument, and `random_updates` returns the updates that advance it.
"""

from numbers import Integral
from typing import TypeAlias

import numpy as np
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random import shared_rng
from pytensor.tensor.random.op import RandomVariable
from pytensor.tensor.random.type import RandomType
from pytensor.tensor.random.variable import RandomGeneratorVariable

from autoenc.graph.types import Expression, Updates

SymbolicGenerator: TypeAlias = RandomGeneratorVariable
"""A random generator in a graph."""

RandomSource: TypeAlias = SymbolicGenerator | np.random.Generator | int
"""Type of the source of randomness that functions with noise accept."""


def symbolic_generator(
    seed: int | np.random.Generator, name: str | None = None
) -> SymbolicGenerator:
    """Create a shared random generator for one source of noise.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Initial state; a generator is copied, and not advanced.
    name : str, optional
        Name in the printed graph.

    Returns
    -------
    shared variable
        The generator.

    Examples
    --------
    >>> symbolic_generator(123, name="noise")
    noise
    """
    if isinstance(seed, np.random.Generator):
        return shared_rng(seed, name=name)
    return shared_rng(seed=seed, name=name)


def as_symbolic_generator(rng: RandomSource) -> SymbolicGenerator:
    """Return a symbolic generator; create one from a NumPy generator or a seed.

    Raises
    ------
    TypeError
        If `rng` is not one of these.
    """
    if isinstance(rng, np.random.Generator):
        return symbolic_generator(rng)
    if isinstance(rng, Integral):
        return symbolic_generator(int(rng))
    if not isinstance(getattr(rng, "type", None), RandomType):
        raise TypeError(
            f"rng is {rng!r}; expected a symbolic generator such as symbolic_generator(123), "
            "a NumPy generator, or a seed."
        )
    return rng


def next_state(generator: SymbolicGenerator, *outputs: Expression) -> SymbolicGenerator:
    """Return the next state of a generator, or the generator itself if the outputs do not use it.

    Examples
    --------
    >>> generator = symbolic_generator(123, name="noise")
    >>> after, draw = generator.uniform(size=(1,))
    >>> next_state(generator, draw) is after
    True
    """
    return _last_state(generator, _next_states(list(ancestors(outputs))))


def random_updates(*outputs: Expression) -> Updates:
    """Return the updates that advance every shared random generator in a graph.

    Without these updates, a compiled `pytensor.function` draws the same numbers at every call.
    `autoenc.training.train` adds them itself.

    Parameters
    ----------
    *outputs : expressions
        Outputs of the graph.

    Returns
    -------
    dict from shared variable to expression
        Next state of each generator.

    Raises
    ------
    ValueError
        If two draws use the same state of a generator, which would make two sources of noise
        equal.

    Examples
    --------
    >>> import pytensor
    >>> rng = symbolic_generator(123)
    >>> _, draw = rng.uniform(size=(1,))
    >>> f = pytensor.function([], draw, updates=random_updates(draw))
    >>> bool(f() == f())
    False
    """
    graph = list(ancestors(outputs))
    next_states = _next_states(graph)
    roots = [v for v in graph if isinstance(v.type, RandomType) and v.owner is None]
    return {root: _last_state(root, next_states) for root in roots if root in next_states}


def _next_states(graph: list[Expression]) -> dict[SymbolicGenerator, SymbolicGenerator]:
    draws = {v.owner for v in graph if v.owner and isinstance(v.owner.op, RandomVariable)}
    next_states: dict[SymbolicGenerator, SymbolicGenerator] = {}
    for draw in draws:
        state = draw.op.rng_param(draw)
        if state in next_states:
            raise ValueError(
                f"the random generator {state} is drawn from twice in one graph, so two "
                "sources of noise would be equal; give each its own generator."
            )
        next_states[state] = draw.outputs[0]
    return next_states


def _last_state(
    state: SymbolicGenerator, next_states: dict[SymbolicGenerator, SymbolicGenerator]
) -> SymbolicGenerator:
    while state in next_states:
        state = next_states[state]
    return state
