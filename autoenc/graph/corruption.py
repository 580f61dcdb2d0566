"""Corruption of the input of denoising autoencoders.

Each kind of noise is a function of the input, an amount and a source of random numbers.
`corrupt` applies one or several of them by name, or any function:

>>> import pytensor.tensor as pt
>>> x = pt.ones((2, 5), dtype="float32")
>>> corrupt(x, [("masking", 0.5), ("salt_and_pepper", 0.1)], 1).eval().shape
(2, 5)

P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol (2010). Stacked
denoising autoencoders: learning useful representations in a deep network with a local
denoising criterion. JMLR 11.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from autoenc.graph.bernoulli import bernoulli
from autoenc.graph.checks import is_number
from autoenc.graph.dtypes import in_dtype_of
from autoenc.graph.random import (
    RandomSource,
    SymbolicGenerator,
    as_symbolic_generator,
    next_state,
)
from autoenc.graph.types import Expression

Noise: TypeAlias = Callable[[Expression, SymbolicGenerator], Expression]
"""A function of the input and a generator that returns the corrupted input."""

Corruption: TypeAlias = "float | Expression | tuple[str, Any] | Noise | Sequence[Corruption]"
"""Type of the corruptions that `corrupt` accepts."""


def masking(x: Expression, level: float | Expression, rng: RandomSource) -> Expression:
    """Set each entry of x to zero with probability `level`.

    Parameters
    ----------
    x : expression
        Input of any shape.
    level : float or scalar expression
        Corruption level in [0, 1]: each entry is kept with probability 1 − level.
    rng : symbolic generator, numpy.random.Generator or int
        Source of the noise. From a NumPy generator or a seed, a new symbolic generator is
        created.

    Returns
    -------
    expression
        Corrupted input, of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If the level is neither a number in [0, 1] nor an expression.
    TypeError
        If `rng` is not one of these.

    References
    ----------
    P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol (2008). Extracting and
    composing robust features with denoising autoencoders. ICML.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> masking(pt.ones((2, 5), dtype="float32"), 0.5, 1).eval()
    array([[0., 0., 1., 0., 1.],
           [1., 0., 1., 0., 1.]], dtype=float32)
    """
    _check_level(level, "set three entries in ten to zero")
    kept = bernoulli(1 - level, x.shape, rng)
    return x * kept.astype(x.dtype)


def salt_and_pepper(x: Expression, level: float | Expression, rng: RandomSource) -> Expression:
    """Set each entry of x to 0 or to 1, with probability level / 2 each.

    Parameters
    ----------
    x : expression
        Input of any shape, with values in [0, 1].
    level : float or scalar expression
        Corruption level in [0, 1]: each entry is kept with probability 1 − level.
    rng : symbolic generator, numpy.random.Generator or int
        Source of the noise; see `masking`.

    Returns
    -------
    expression
        Corrupted input, of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If the level is neither a number in [0, 1] nor an expression.
    TypeError
        If `rng` is not one of these.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> salt_and_pepper(pt.full((2, 5), 0.5, dtype="float32"), 0.5, 1).eval()
    array([[0. , 0. , 0.5, 0. , 0.5],
           [0.5, 1. , 0.5, 1. , 0.5]], dtype=float32)
    """
    _check_level(level, "set three entries in ten to 0 or 1")
    generator = as_symbolic_generator(rng)
    kept = bernoulli(1 - level, x.shape, generator)
    salt = bernoulli(0.5, x.shape, next_state(generator, kept))
    return pt.switch(kept, x, salt.astype(x.dtype))


def gaussian(x: Expression, scale: float | Expression, rng: RandomSource) -> Expression:
    """Add Gaussian noise to each entry: x + scale·n with n from N(0, 1).

    Parameters
    ----------
    x : float expression
        Input of any shape. The result is not clipped to any interval.
    scale : float or scalar expression
        Standard deviation of the noise, at least 0.
    rng : symbolic generator, numpy.random.Generator or int
        Source of the noise; see `masking`.

    Returns
    -------
    expression
        Corrupted input, of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If the scale is neither a finite number of at least 0 nor an expression.
    TypeError
        If `x` holds integers, or `rng` is not one of these.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> gaussian(pt.zeros((4,), dtype="float32"), 0.5, 1).eval().round(3)
    array([ 0.173,  0.411,  0.165, -0.652], dtype=float32)
    """
    if not isinstance(scale, Variable) and not (is_number(scale) and 0 <= scale < math.inf):
        raise ValueError(
            f"corruption scale is {scale!r}; expected a finite number of at least 0, "
            "such as 0.1 for noise of standard deviation 0.1."
        )
    if not str(x.dtype).startswith("float"):
        raise TypeError(f"x is {x.dtype}; expected floats, to which Gaussian noise can be added.")
    _, draw = as_symbolic_generator(rng).normal(size=x.shape)
    return x + in_dtype_of(x, scale) * draw.astype(x.dtype)


CORRUPTIONS: dict[str, Callable[[Expression, Any, RandomSource], Expression]] = {
    "gaussian": gaussian,
    "masking": masking,
    "salt_and_pepper": salt_and_pepper,
}


def corrupt(
    x: Expression,
    corruption: Corruption,
    rng: RandomSource,
    *,
    groups: Expression | None = None,
) -> Expression:
    """Apply one or several kinds of noise to x.

    Parameters
    ----------
    x : expression
        Input of any shape.
    corruption : float, pair, sequence or callable
        - a level in [0, 1], or a scalar expression: `masking` at that level;
        - a pair such as ``("gaussian", 0.1)``: a name in `CORRUPTIONS` and its amount;
        - a sequence of any of these, applied one after the other; an empty one leaves x
          unchanged;
        - any function of x and a symbolic generator that returns an expression.

        All but the last can be stored as JSON: lists are accepted in place of tuples.
    rng : symbolic generator, numpy.random.Generator or int
        Source of the noise; see `masking`. All noises of a sequence draw from one generator, each
        from the state that the previous one left. They are therefore independent, and the first
        is the same as without the others.
    groups : matrix, (entries, groups), optional
        1 where an entry of a row belongs to a group, else 0. Masking then sets either all entries
        of a group to zero, or none. For example, a group can be the entries of one category.

    Returns
    -------
    expression
        Corrupted input, of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If a name is not known or an amount is out of its range.
    TypeError
        If the corruption or `rng` is not one of the above.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> x = pt.zeros((4,), dtype="float32")
    >>> corrupt(x, ("gaussian", 0.5), 1).eval().round(3)
    array([ 0.173,  0.411,  0.165, -0.652], dtype=float32)
    """
    generator = as_symbolic_generator(rng)
    for noise in _noises(corruption, groups):
        x = noise(x, next_state(generator, x))
    return x


def _noises(corruption: Any, groups: Expression | None) -> list[Noise]:
    if callable(corruption):
        return [corruption]
    if is_number(corruption) or isinstance(corruption, Variable):
        return [_named("masking", corruption, groups)]
    if _is_pair(corruption):
        name, amount = corruption
        return [_named(name, amount, groups)]
    if isinstance(corruption, Sequence) and not isinstance(corruption, str | bytes):
        return [noise for part in corruption for noise in _noises(part, groups)]
    raise TypeError(
        f"corruption is {corruption!r}; expected a level in [0, 1], a pair such as "
        "('gaussian', 0.1), a sequence of such pairs, or a function of x and a generator."
    )


def _named(name: str, amount: Any, groups: Expression | None) -> Noise:
    if name not in CORRUPTIONS:
        raise ValueError(
            f"corruption {name!r} is not known; expected one of "
            f"{', '.join(sorted(CORRUPTIONS))}, or a function of x and a generator."
        )
    if name == "masking" and groups is not None:
        return lambda x, generator: x * _kept_groups(x, amount, generator, groups)
    return lambda x, generator: CORRUPTIONS[name](x, amount, generator)


def _kept_groups(
    x: Expression, level: Any, generator: SymbolicGenerator, groups: Expression
) -> Expression:
    """Return 1 for the entries of groups that masking keeps, else 0."""
    ones = pt.ones((x.shape[0], groups.shape[1]), dtype=x.dtype)
    return masking(ones, level, generator) @ groups.T


def _is_pair(corruption: Any) -> bool:
    return (
        isinstance(corruption, tuple | list)
        and len(corruption) == 2
        and isinstance(corruption[0], str)
    )


def _check_level(level: Any, example: str) -> None:
    if not isinstance(level, Variable) and not (is_number(level) and 0 <= level <= 1):
        raise ValueError(
            f"corruption level is {level!r}; expected a probability in [0, 1], "
            f"such as 0.3 to {example}."
        )
