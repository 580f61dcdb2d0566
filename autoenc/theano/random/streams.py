"""``RandomStreams``: random variables with one generator each.

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
    """Distributions; a subclass defines a method ``gen(distribution, *args, **kwargs)``."""

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
        """Draw the number of successes in ``n`` trials with probability ``p`` each."""
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
        """Draw from the normal distribution with mean ``avg`` and standard deviation ``std``."""
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
        """Draw from the Poisson distribution with mean ``lam``."""
        return self.gen(raw.poisson, size, lam, ndim=ndim, dtype=dtype)

    def permutation(
        self, size: Size = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> Variable:
        """Draw permutations of the integers below ``n``, along a new last axis."""
        return self.gen(raw.permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(
        self,
        size: Size = None,
        n: Any = 1,
        pvals: Any = (0.5, 0.5),
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Variable:
        """Draw the number of occurrences of each outcome in ``n`` experiments."""
        return self.gen(raw.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Any) -> Variable:  # noqa: A002 - Theano's name
        """Shuffle each row; the attribute ``permutation`` of the result is the permutation."""
        permutation = self.permutation(
            size=input.shape[:-1], n=input.shape[-1], ndim=input.ndim - 1
        )
        shuffled = pt.take_along_axis(input, permutation, axis=-1)
        shuffled.permutation = permutation
        return shuffled


class RandomStreams(RandomStreamsBase):
    """Random variables, each with its own ``RandomState``.

    The seed of a variable is drawn from another ``RandomState`` when the variable is created. Its
    numbers therefore depend on the seed of the streams and on how many variables were created
    before. A function that computes the variable advances its state: ``state.default_update`` is
    the state after the draw, where ``state, after = variable.update``.

    Parameters
    ----------
    seed : int, optional
        By default the seed is taken from the entropy of the system.

    Attributes
    ----------
    state_updates : list of (shared variable, variable)
        State of each variable, and its update.
    gen_seedgen : numpy.random.RandomState
        Generator of the seeds.
    """

    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[Variable, Variable]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def updates(self) -> list[tuple[Variable, Variable]]:
        """Return ``state_updates``, for functions that skip default updates."""
        return list(self.state_updates)

    def seed(self, seed: Any = None) -> None:
        """Restart every stream.

        Parameters
        ----------
        seed : int, optional
            By default the seed of the constructor.
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
        """Create a random variable with its own stream.

        Parameters
        ----------
        op : callable
            A distribution of ``raw``, or a ``RandomFunction``.
        *args, **kwargs
            Its arguments besides the state.
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
