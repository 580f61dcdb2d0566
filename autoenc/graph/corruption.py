"""Noise put on the input of a denoising autoencoder.

Each noise takes the input, how much of it, and where it comes from. `corrupt` takes
any of them by name, several in a row, or a function of your own:

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
"""A function from the input and a generator to the corrupted input."""

Corruption: TypeAlias = "float | Expression | tuple[str, Any] | Noise | Sequence[Corruption]"
"""What `corrupt` takes."""


def masking(x: Expression, level: float | Expression, rng: RandomSource) -> Expression:
    """Set entries of x to zero, each with probability `level`.

    Parameters
    ----------
    x : expression
        The input, any shape.
    level : float or scalar expression
        Corruption level in [0, 1]: each entry is kept with probability 1 − level.
    rng : symbolic generator, numpy.random.Generator or int
        Where the noise comes from. A NumPy generator or a seed is made into a
        symbolic generator of this noise's own.

    Returns
    -------
    expression, shape and dtype of x

    Raises
    ------
    ValueError
        If the level is neither a number in [0, 1] nor an expression.
    TypeError
        If `rng` is none of the three.

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
    """Set entries of x to 0 or 1, each with probability level / 2.

    Parameters
    ----------
    x : expression
        The input, any shape, of values that make sense in [0, 1].
    level : float or scalar expression
        Corruption level in [0, 1]: each entry is kept with probability 1 − level.
    rng : symbolic generator, numpy.random.Generator or int
        Where the noise comes from, as for `masking`.

    Returns
    -------
    expression, shape and dtype of x

    Raises
    ------
    ValueError
        If the level is neither a number in [0, 1] nor an expression.
    TypeError
        If `rng` is none of the three.

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
    """Add noise from N(0, scale²) to every entry: x + scale·n.

    Parameters
    ----------
    x : float expression
        The input, any shape. Entries leave the interval they came from: nothing is clipped.
    scale : float or scalar expression
        Standard deviation of the noise, at least 0.
    rng : symbolic generator, numpy.random.Generator or int
        Where the noise comes from, as for `masking`.

    Returns
    -------
    expression, shape and dtype of x

    Raises
    ------
    ValueError
        If the scale is neither a finite number of at least 0 nor an expression.
    TypeError
        If x holds integers, or `rng` is none of the three.

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


def corrupt(x: Expression, corruption: Corruption, rng: RandomSource) -> Expression:
    """Put noise on x, of any kind and any number of kinds.

    Parameters
    ----------
    x : expression
        The input, any shape.
    corruption : float, pair, sequence or callable
        - a level in [0, 1], or a scalar expression: `masking` at that level;
        - a pair such as ``("gaussian", 0.1)``: a name of `CORRUPTIONS` and its amount;
        - a sequence of any of these, put on x one after the other; an empty one leaves
          x as it is;
        - any function of x and a symbolic generator, to an expression.

        All but the last may be stored as JSON: a list is as good as a tuple.
    rng : symbolic generator, numpy.random.Generator or int
        Where the noise comes from, as for `masking`. There is one generator, from which
        each noise of a sequence draws on where the one before it stopped: the noises are
        independent, and the first is what it would be alone.

    Returns
    -------
    expression, shape and dtype of x

    Raises
    ------
    ValueError
        If a name is not known or an amount is out of its range.
    TypeError
        If the corruption or `rng` is none of the above.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> x = pt.zeros((4,), dtype="float32")
    >>> corrupt(x, ("gaussian", 0.5), 1).eval().round(3)
    array([ 0.173,  0.411,  0.165, -0.652], dtype=float32)
    """
    generator = as_symbolic_generator(rng)
    for noise in _noises(corruption):
        x = noise(x, next_state(generator, x))
    return x


def _noises(corruption: Any) -> list[Noise]:
    if callable(corruption):
        return [corruption]
    if is_number(corruption) or isinstance(corruption, Variable):
        return [_named("masking", corruption)]
    if _is_pair(corruption):
        return [_named(*corruption)]
    if isinstance(corruption, Sequence) and not isinstance(corruption, str | bytes):
        return [noise for part in corruption for noise in _noises(part)]
    raise TypeError(
        f"corruption is {corruption!r}; expected a level in [0, 1], a pair such as "
        "('gaussian', 0.1), a sequence of such pairs, or a function of x and a generator."
    )


def _named(name: str, amount: Any) -> Noise:
    if name not in CORRUPTIONS:
        raise ValueError(
            f"corruption {name!r} is not known; expected one of "
            f"{', '.join(sorted(CORRUPTIONS))}, or a function of x and a generator."
        )
    return lambda x, generator: CORRUPTIONS[name](x, amount, generator)


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
