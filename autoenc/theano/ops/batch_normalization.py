"""Batch normalization, with the statistics of a minibatch or with given ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor import config

Variable = Any


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Variable:
    """Return (inputs − mean)·gamma / std + beta.

    Parameters
    ----------
    inputs, gamma, beta, mean, std : tensor
        Tensors that broadcast against each other.
    mode : {"low_mem", "high_mem"}, default "low_mem"
        Order of the operations. Gradients flow through `mean` and `std` in both modes.

    Raises
    ------
    ValueError
        If the mode is invalid.
    """
    if mode == "low_mem":
        return (inputs - mean) / std * gamma + beta
    if mode == "high_mem":
        return (inputs - mean) * (gamma / std) + beta
    raise ValueError('mode must be either "low_mem", "high_mem"')


class _Axes:
    """Normalized axes, and the axes of the parameters.

    Parameters have one axis for each axis that is not normalized, or as many axes as the inputs.
    """

    def __init__(self, axes: Any, ndim: int, params_ndim: int) -> None:
        self.normalized = _normalized(axes, ndim)
        self.others = tuple(i for i in range(ndim) if i not in self.normalized)
        self.ndim = ndim
        self.spread = params_ndim != ndim
        self.params_ndim = len(self.others) if self.spread else ndim

    def check(self, **parameters: Any) -> None:
        """Check the number of axes of each parameter."""
        for name, parameter in parameters.items():
            if parameter.ndim != self.params_ndim:
                raise ValueError(
                    f"{name} must have as many dimensions as there are non-normalized axes, or "
                    f"as the inputs; got {parameter.ndim} instead of {self.params_ndim}"
                )

    def on_inputs(self, parameter: Any) -> Variable:
        """Return a parameter with the axes of the inputs."""
        parameter = pt.as_tensor_variable(parameter)
        if not self.spread:
            return pt.specify_broadcastable(parameter, *self.normalized)
        places: list[Any] = ["x"] * self.ndim
        for i, axis in enumerate(self.others):
            places[axis] = i
        return parameter.dimshuffle(*places)

    def of_parameters(self, statistic: Variable) -> Variable:
        """Return a statistic with the axes of the parameters."""
        return statistic.dimshuffle(*self.others) if self.spread else statistic


def _normalized(axes: Any, ndim: int) -> tuple[int, ...]:
    if isinstance(axes, str):
        named = {"per-activation": (0,), "spatial": (0, *range(2, ndim))}
        if axes not in named:
            raise ValueError(f"invalid axes: {axes}")
        axes = named[axes]
    if not isinstance(axes, tuple | list | range | np.ndarray):
        raise ValueError(f"invalid axes: {axes}")
    normalized = tuple(sorted(int(axis) for axis in axes))
    if not normalized:
        raise ValueError("there should be at least one normalization axis")
    if normalized[0] < 0 or normalized[-1] >= ndim:
        raise ValueError(f"axes should be less than ndim (<{ndim}), but {normalized} given")
    return normalized


def _epsilon(epsilon: Any) -> Any:
    epsilon = np.asarray(epsilon, config.floatX)
    if epsilon < 1e-5:
        raise ValueError(f"epsilon must be at least 1e-5, got {epsilon}")
    return epsilon


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: str | Sequence[int] = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Variable, ...]:
    """Normalize by the statistics of the inputs.

    Parameters
    ----------
    inputs : tensor
    gamma, beta : tensor
        One entry for each of the axes that are not normalized.
    axes : {"per-activation", "spatial"} or sequence of int, default "per-activation"
        Axis 0, all axes except axis 1, or the given axes.
    epsilon : float, default 1e-4
        Added to the variance; at least 1e-5.
    running_average_factor : float, default 0.1
    running_mean, running_var : tensor, optional
        Running averages to update; give both or neither.

    Returns
    -------
    out : tensor
    mean, invstd : tensor
        Mean of the minibatch, and 1 / sqrt(variance + epsilon).
    running_mean, running_var : tensor
        Running averages, moved towards the statistics of the minibatch, if they were given.

    Raises
    ------
    ValueError
        If the axes, `epsilon` or the dimensions of a parameter are invalid.
    """
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be given or both be None")
    x, gamma, beta = (pt.as_tensor_variable(v) for v in (inputs, gamma, beta))
    how = _Axes(axes, x.ndim, gamma.ndim)
    how.check(gamma=gamma, beta=beta)
    mean = x.mean(how.normalized, keepdims=True)
    variance = x.var(how.normalized, keepdims=True)
    inverse = 1.0 / pt.sqrt(variance + _epsilon(epsilon))
    out = (x - mean) * (how.on_inputs(gamma) * inverse) + how.on_inputs(beta)
    statistics = [mean, inverse]
    if running_mean is not None:
        how.check(running_mean=running_mean, running_var=running_var)
        size = x.size / mean.size
        unbiased = variance * pt.cast(size / (size - 1.0), variance.dtype)
        for old, new in ((running_mean, mean), (running_var, unbiased)):
            statistics.append(_moved(how.on_inputs(old), new, running_average_factor))
    return (out, *(how.of_parameters(statistic) for statistic in statistics))


def _moved(old: Variable, new: Variable, factor: Any) -> Variable:
    factor = pt.cast(factor, new.dtype)
    return old * (1.0 - factor) + new * factor


def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: str | Sequence[int] = "per-activation",
    epsilon: float = 1e-4,
) -> Variable:
    """Normalize by a given mean and variance; other parameters are as in training."""
    x = pt.as_tensor_variable(inputs)
    parameters = {"gamma": gamma, "beta": beta, "mean": mean, "var": var}
    parameters = {name: pt.as_tensor_variable(value) for name, value in parameters.items()}
    how = _Axes(axes, x.ndim, parameters["gamma"].ndim)
    how.check(**parameters)
    scale, shift, mean, variance = map(how.on_inputs, parameters.values())
    return (x - mean) * (scale / pt.sqrt(variance + _epsilon(epsilon))) + shift
