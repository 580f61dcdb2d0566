"""``RandomStreams``: one generator for each random variable.

>>> from pytensor import function
>>> draw = RandomStreams(seed=234).uniform((2,))
>>> f = function([], draw, updates=[draw.update], mode="CVM")
>>> print(f().round(4))
[0.1267 0.9709]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor.tensor as pt

from autoenc.theano.random import raw
from autoenc.theano.random.sizes import Size
from autoenc.theano.random.states import randomstate_constructor, update_by_default

Variable = Any


class RandomStreamsBase:
    """The distributions, for whoever has a method ``gen(distribution, *args, **kwargs)``."""

    gen: Callable[..., Variable]

    def binomial(
        self,
        size: Size = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        prob: Any = None,
    ) -> Variable:
        """Draw the number of successes in ``n`` trials of probability ``p`` each."""
        return self.gen(raw.binomial, size, n, p, ndim=ndim, dtype=dtype, prob=prob)

    def uniform(
        self,
        size: Size = None,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
    ) -> Variable:
        """Draw from the uniform distribution on [low, high)."""
        return self.gen(raw.uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(
        self,
        size: Size = None,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
    ) -> Variable:
        """Draw from the normal distribution of mean ``avg`` and standard deviation ``std``."""
        return self.gen(raw.normal, size, avg, std, ndim=ndim, dtype=dtype)

    def random_integers(
        self,
        size: Size = None,
        low: Any = 0,
        high: Any = 1,
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Variable:
        """Draw integers between ``low`` and ``high``, both included."""
        return self.gen(raw.random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def choice(
        self,
        size: Size = None,
        a: Any = 2,
        replace: Any = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Variable:
        """Choose entries of a vector, or integers below a scalar, with probabilities ``p``."""
        return self.gen(raw.choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(
        self, size: Size = None, lam: Any = None, ndim: int | None = None, dtype: str = "int64"
    ) -> Variable:
        """Draw from the Poisson distribution of mean ``lam``."""
        return self.gen(raw.poisson, size, lam, ndim=ndim, dtype=dtype)

    def permutation(
        self, size: Size = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> Variable:
        """Draw permutations of the integers below ``n``, along a last axis of their own."""
        return self.gen(raw.permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(
        self,
        size: Size = None,
        n: Any = 1,
        pvals: Any = (0.5, 0.5),
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Variable:
        """Draw how often each outcome occurs in ``n`` experiments."""
        return self.gen(raw.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Any) -> Variable:  # noqa: A002 - Theano's name
        """Shuffle each row; the permutation is the result's attribute of that name."""
        permutation = self.permutation(
            size=input.shape[:-1], n=input.shape[-1], ndim=input.ndim - 1
        )
        shuffled = pt.take_along_axis(input, permutation, axis=-1)
        shuffled.permutation = permutation
        return shuffled


class RandomStreams(RandomStreamsBase):
    """Random variables, each with a ``RandomState`` of its own.

    Its seed is drawn, when the variable is made, from a ``RandomState`` of the streams, so that
    a variable's numbers depend on the seed and on how many were made before it. A function
    that computes the variable advances its state: ``state.default_update`` is the state after
    the draw, where ``state, after = variable.update``.

    Parameters
    ----------
    seed : int, optional
        By default the system's entropy.

    Attributes
    ----------
    state_updates : list of (shared variable, variable)
        Each variable's state, and what it becomes.
    gen_seedgen : numpy.random.RandomState
        What seeds are drawn from.
    """

    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[Variable, Variable]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def updates(self) -> list[tuple[Variable, Variable]]:
        """Return ``state_updates``, to be given to a function where defaults are off."""
        return list(self.state_updates)

    def seed(self, seed: Any = None) -> None:
        """Start every stream anew.

        Parameters
        ----------
        seed : int, optional
            By default that of the constructor.
        """
        seeds = np.random.RandomState(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(_next_state(seeds), borrow=True)

    def __getitem__(self, item: Variable) -> np.random.RandomState:
        """Return the value of a state."""
        value: np.random.RandomState = item.get_value(borrow=True)
        return value

    def __setitem__(self, item: Variable, val: np.random.RandomState) -> None:
        """Set the value of a state."""
        item.set_value(val, borrow=True)

    def gen(self, op: Callable[..., Any], *args: Any, **kwargs: Any) -> Variable:
        """Make a random variable with a stream of its own.

        Parameters
        ----------
        op : callable
            A distribution of ``raw``, or a ``RandomFunction``.
        *args, **kwargs
            What it takes besides the state.
        """
        state = randomstate_constructor(_next_state(self.gen_seedgen), borrow=True)
        state.tag.is_rng = True
        after, draw = op(state, *args, **kwargs)
        draw.rng, draw.update = state, (state, after)
        self.state_updates.append(draw.update)
        update_by_default(state, after)
        return draw


def _next_state(seeds: np.random.RandomState) -> np.random.RandomState:
    return np.random.RandomState(int(seeds.randint(2**30)))
