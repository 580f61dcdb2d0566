"""``MRG_RandomStreams``: random variables that draw from many streams of MRG31k3p.

>>> from pytensor import function
>>> draw = MRG_RandomStreams(seed=234).uniform((2,))
>>> f = function([], draw, mode="CVM")
>>> print(f().round(4))
[0.4499 0.3062]
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor import config, shared
from pytensor.gradient import undefined_grad
from pytensor.graph.basic import Variable as GraphVariable
from pytensor.scalar import upcast

from autoenc.theano.random import mrg31k3p
from autoenc.theano.random.mrg_uniform import mrg_uniform
from autoenc.theano.random.outcomes import ChoiceFromUniform, MultinomialFromUniform
from autoenc.theano.random.states import update_by_default

Array = Any
Variable = Any
Size = Any

# Number of threads of a GPU in Theano's time.
_MOST_STREAMS = 60 * 256


def guess_n_streams(size: Size, warn: bool = False) -> int:
    """Guess the number of streams: a sixth of the size, at most and by default 60 * 256.

    Up to 6 numbers have one stream each.

    Parameters
    ----------
    size : tuple or list of int, or variable
        Only Python integers are known in advance.
    warn : bool, default False
        Whether to warn if the size is unknown.
    """
    if isinstance(size, tuple | list) and all(isinstance(i, int) for i in size):
        n = int(np.prod(size, dtype=object)) if size else 1
        return min(n // 6 if n > 6 else n, _MOST_STREAMS)
    if warn:
        warnings.warn(
            f"MRG_RandomStreams Can't determine #streams from size ({size}), guessing 60*256",
            stacklevel=3,
        )
    return _MOST_STREAMS


class MRG_RandomStreams:  # noqa: N801 - Theano's name
    """Random variables, each with its own streams.

    A function that computes a variable advances its streams through the default update of the
    shared variable that stores them, which is in ``state_updates``.

    Parameters
    ----------
    seed : int, or list of 6 int, default 12345
        A single integer is repeated six times. The first three must be below 2147483647 and the
        last three below 2147462579. Neither three may all be 0.
    use_cuda : optional
        Not used: the numbers are the same on every device.

    Attributes
    ----------
    state_updates : list of (shared variable, variable, size, number of streams)
    rstate : int32 array, (6,)
        First state of the next variable's streams.
    """

    def __init__(self, seed: int | Sequence[int] = 12345, use_cuda: Any = None) -> None:
        self.state_updates: list[tuple[Variable, Variable, Size, int | None]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    def updates(self) -> list[tuple[Variable, Variable, Size, int | None]]:
        """Return ``state_updates``."""
        return list(self.state_updates)

    def set_rstate(self, seed: int | Sequence[int]) -> None:
        """Set the first state of the next variable's streams."""
        self.rstate = mrg31k3p.seeded(seed)

    def seed(self, seed: int | Sequence[int] | None = None) -> None:
        """Restart every stream.

        Parameters
        ----------
        seed : int, or list of 6 int, optional
            By default the seed of the constructor.
        """
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for state, after, size, n in self.state_updates:
            n_streams = self.n_streams(size) if n is None else n
            dtype = after.owner.outputs[1].dtype
            state.set_value(self.get_substream_rstates(n_streams, dtype), borrow=True)

    def inc_rstate(self) -> None:
        """Advance by 2**134 values, to the streams of the next variable."""
        self.rstate = mrg31k3p.ff_2p134(self.rstate)

    def get_substream_rstates(self, n_streams: int, dtype: str, inc_rstate: bool = True) -> Array:
        """Return the states of streams that are 2**72 values apart.

        Parameters
        ----------
        n_streams : int
        dtype : str
            Not used: the states do not depend on the dtype of the draws.
        inc_rstate : bool, default True
            Whether to advance to the streams of the next variable.

        Returns
        -------
        int32 array, (n_streams, 6)
        """
        if not 0 < n_streams < 2**72:
            raise ValueError(f"the number of streams must be positive, got {n_streams}")
        states = mrg31k3p.streams(self.rstate, int(n_streams))
        if inc_rstate:
            self.inc_rstate()
        return states

    def n_streams(self, size: Size) -> int:
        """Guess the number of streams."""
        return guess_n_streams(size)

    def pretty_return(
        self,
        node_rstate: Variable,
        new_rstate: Variable,
        sample: Variable,
        size: Size,
        nstreams: int | None,
    ) -> Variable:
        """Attach the update to a draw and to its state."""
        sample.rstate, sample.update = node_rstate, (node_rstate, new_rstate)
        self.state_updates.append((node_rstate, new_rstate, size, nstreams))
        update_by_default(node_rstate, new_rstate)
        return sample

    def uniform(
        self,
        size: Size,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Draw from the uniform distribution on (low, high).

        Parameters
        ----------
        size : tuple of int and scalars, or integer vector
        low, high : optional
            Cast to the dtype.
        ndim : int, optional
            Number of dimensions, if the length of the size is unknown.
        dtype : str, optional
            By default the most precise among floatX and the dtypes of the bounds.
        nstreams : int, optional
            By default the result of ``guess_n_streams``.

        Raises
        ------
        TypeError
            If the size is neither a tuple nor a vector.
        ValueError
            If a length is not positive.
        NotImplementedError
            If the bounds broadcast to a larger shape than the size.
        """
        low, high = pt.as_tensor_variable(low), pt.as_tensor_variable(high)
        dtype = dtype or str(upcast(config.floatX, low.dtype, high.dtype))
        low, high = (undefined_grad(pt.cast(bound, dtype)) for bound in (low, high))
        _check_drawn(size)
        kwargs.pop("target", None)  # a device
        if kwargs:
            raise TypeError(f"uniform() got unexpected keyword arguments {list(kwargs)}")
        state = shared(
            self.get_substream_rstates(nstreams or self.n_streams(size), dtype), borrow=True
        )
        state.tag.is_rng = True
        after, draw = mrg_uniform.new(state, ndim, dtype, size)
        draw = self.pretty_return(state, after, draw, size, nstreams)
        scaled = draw * (high - low) + low
        if scaled.type.broadcastable != draw.type.broadcastable:
            raise NotImplementedError(
                "Increase the size to match the broadcasting pattern of `low` and `high` arguments"
            )
        return scaled

    def binomial(
        self,
        size: Size = None,
        n: int = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Draw 1 with probability ``p``, else 0."""
        if n != 1:
            raise NotImplementedError("MRG_RandomStreams.binomial with n > 1")
        p = undefined_grad(pt.as_tensor_variable(p))
        return pt.cast(self.uniform(size=size, nstreams=nstreams, **kwargs) < p, dtype)

    def multinomial(
        self,
        size: Size = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Draw the number of occurrences of each outcome in ``n`` experiments.

        Parameters
        ----------
        size, ndim : None
            Not used: the shape is that of ``pvals``.
        n : int, default 1
        pvals : matrix
            Probabilities, with one distribution per row. They are not checked.
        """
        if pvals is None:
            raise TypeError("You have to specify pvals")
        _refuse("multinomial", size=size, ndim=ndim)
        pvals = undefined_grad(pt.as_tensor_variable(pvals))
        if pvals.ndim != 2:
            raise NotImplementedError(
                "MRG_RandomStreams.multinomial only implemented for pvals.ndim = 2"
            )
        unis = self.uniform(size=pvals[:, 0].shape * n, ndim=1, nstreams=nstreams, **kwargs)
        return MultinomialFromUniform(dtype)(pvals, unis, pt.as_tensor_variable(n))

    def choice(
        self,
        size: Any = 1,
        a: None = None,
        replace: bool = True,
        p: Any = None,
        ndim: None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Choose ``size`` outcomes from each row of ``p``, without replacement.

        Parameters
        ----------
        size : int or integer scalar, default 1
        a, ndim : None
            Not used.
        replace : bool
            Must be False.
        p : matrix
            Probabilities, with one distribution per row. They are not checked.
        """
        if replace:
            raise NotImplementedError(
                "MRG_RandomStreams.choice only works without replacement for now."
            )
        if a is not None:
            raise TypeError(
                "For now, a has to be None in MRG_RandomStreams.choice. Sampled values are "
                "between 0 and p.shape[1]-1"
            )
        if p is None:
            raise TypeError("For now, p has to be specified in MRG_RandomStreams.choice.")
        _refuse("choice", ndim=ndim)
        p = undefined_grad(pt.as_tensor_variable(p))
        if p.ndim != 2:
            raise NotImplementedError(
                "MRG_RandomStreams.choice is only implemented for p.ndim = 2"
            )
        unis = self.uniform(size=p[:, 0].shape * size, ndim=1, nstreams=nstreams, **kwargs)
        return ChoiceFromUniform(odtype=dtype)(p, unis, pt.as_tensor_variable(size))

    def multinomial_wo_replacement(
        self,
        size: None = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Choose ``n`` outcomes from each row; ``choice`` is the newer name."""
        warnings.warn(
            "MRG_RandomStreams.multinomial_wo_replacement() is deprecated; use "
            "MRG_RandomStreams.choice() instead.",
            stacklevel=2,
        )
        _refuse("multinomial_wo_replacement", size=size)
        return self.choice(
            size=n, replace=False, p=pvals, dtype=dtype, nstreams=nstreams, ndim=ndim, **kwargs
        )

    def normal(
        self,
        size: Size,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        truncate: bool = False,
        **kwargs: Any,
    ) -> Variable:
        """Draw from the normal distribution, by the Box-Muller transform.

        Parameters
        ----------
        size : int, tuple of int and scalars, or integer vector
        avg, std : optional
            Mean and standard deviation.
        ndim : int, optional
            Number of dimensions, if the length of the size is unknown.
        dtype : str, optional
            By default the most precise among floatX and the dtypes of the parameters.
        nstreams : int, optional
        truncate : bool, default False
            Whether to redraw numbers more than two standard deviations from the mean.
        """
        size = _as_size(size)
        avg, std = (undefined_grad(pt.as_tensor_variable(p)) for p in (avg, std))
        dtype = dtype or str(upcast(config.floatX, avg.dtype, std.dtype))
        n = pt.prod(size, dtype="int64")
        n_even = n + n % 2
        how = {"ndim": 1, "dtype": dtype, "nstreams": nstreams, **kwargs}
        uniform = self.uniform((n_even,), **how)
        radius = pt.sqrt(-2.0 * pt.log(uniform[: n_even // 2]))
        angle = np.array(2.0 * np.pi, dtype=dtype) * uniform[n_even // 2 :]
        if truncate:
            samples = self._truncated(radius, pt.cos(angle), pt.sin(angle), how)
        else:
            samples = pt.join(0, radius * pt.cos(angle), radius * pt.sin(angle))
        samples = pt.reshape(samples[:n], size, ndim=ndim)
        return samples * pt.cast(std, dtype) + pt.cast(avg, dtype)

    def _truncated(self, radius: Variable, cosine: Variable, sine: Variable, how: Any) -> Variable:
        """Keep samples within two standard deviations, and redraw the radius of the others."""
        first, second = radius * cosine, radius * sine
        out_first, out_second = ((z < -2.0) | (z > 2.0) for z in (first, second))
        fix_first, fix_second = (pt.nonzero(out)[0] for out in (out_first, out_second))
        lower = pt.constant(1.0 / np.e**2, dtype=how["dtype"])
        n_fixed = fix_first.size + fix_second.size
        fixed = pt.sqrt(-2.0 * pt.log(self.uniform((n_fixed,), low=lower, high=1.0, **how)))
        return pt.join(
            0,
            first[pt.nonzero(~out_first)],
            fixed[: fix_first.size] * cosine[fix_first],
            second[pt.nonzero(~out_second)],
            fixed[fix_first.size :] * sine[fix_second],
        )

    def truncated_normal(
        self,
        size: Size,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Draw from the normal distribution truncated at about 2.27 ``std``.

        ``std`` is the standard deviation of the result.
        """
        # Standard deviation of a standard normal distribution truncated at -2 and 2.
        std = std / pt.constant(0.87962566103423978)
        how = {"ndim": ndim, "dtype": dtype, "nstreams": nstreams, **kwargs}
        return self.normal(size=size, avg=avg, std=std, truncate=True, **how)


def _refuse(method: str, **arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"Provided a {name} argument to MRG_RandomStreams.{method}, which does not use "
                f"the {name} argument."
            )


def _check_drawn(size: Size) -> None:
    """Check the size of a uniform draw; as in Theano, only tuples and vectors are valid."""
    if isinstance(size, GraphVariable) and size.ndim == 1:
        return
    if not isinstance(size, tuple):
        raise TypeError(
            "size must be a tuple of int or a Theano Variable with 1 dimension, got "
            f"{size} of type {type(size)}"
        )
    for length in size:
        if not isinstance(length, int | np.integer | GraphVariable):
            raise AssertionError("size must be a tuple of int or a Theano variable")
    _check_lengths(size)


def _check_lengths(size: Sequence[Any]) -> None:
    if any(isinstance(i, int | np.integer) and i <= 0 for i in size):
        raise ValueError("The specified size contains a dimension with value <= 0", size)


def _as_size(size: Size) -> Variable:
    """Return the size of a normal draw as an integer vector."""
    if isinstance(size, GraphVariable):
        if size.ndim > 1:
            raise ValueError("Theano variable must have 1 dimension to be a valid size.", size)
        return size if size.ndim else pt.stack([size])
    if isinstance(size, int | np.integer):
        return pt.constant([size], ndim=1)
    if not isinstance(size, tuple | list):
        raise ValueError("Size must be a int, tuple, list or Theano variable.", size)
    for length in size:
        if not isinstance(length, int | np.integer | GraphVariable):
            raise ValueError(
                "Only Theano variables and integers are allowed in a size-tuple.", size, length
            )
        if isinstance(length, GraphVariable) and length.ndim:
            raise ValueError("Non-scalar Theano variable in size", size, length)
    _check_lengths(size)
    return pt.as_tensor_variable(size, ndim=1)
