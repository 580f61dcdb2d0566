"""Hand-written JAX: the whole epoch is one jitted ``lax.scan``, its parameters are donated."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import work
from benchmarks.worker import Task, serve

Parameters = tuple[Any, ...]


def cost(parameters: Parameters, x: Any) -> Any:
    """Cross-entropy of a minibatch, from the pre-activation of the output."""
    W, hidden_bias, visible_bias = parameters
    code = jax.nn.sigmoid(x @ W + hidden_bias)
    activation = code @ W.T + visible_bias
    return (jax.nn.softplus(activation) - x * activation).sum(axis=1).mean()


def step(parameters: Parameters, x: Any) -> tuple[Parameters, Any]:
    """One update by plain gradient descent."""
    value, gradients = jax.value_and_grad(cost)(parameters, x)
    pairs = zip(parameters, gradients, strict=True)
    return tuple(p - work.LEARNING_RATE * g for p, g in pairs), value


def epoch(parameters: Parameters, minibatches: Any) -> tuple[Parameters, Any]:
    """One pass over ``minibatches`` of shape (minibatches, rows, features)."""
    parameters, costs = jax.lax.scan(step, parameters, minibatches)
    return parameters, costs.mean()


def main(task: Task) -> None:
    """Train when told to."""
    minibatches = jnp.asarray(work.images(task).reshape(-1, task.batch_size, work.N_VISIBLE))
    compiled = jax.jit(epoch, donate_argnums=0)
    parameters: Parameters = tuple(map(jnp.asarray, work.start()))

    def turn() -> float:
        nonlocal parameters
        parameters, mean_cost = compiled(parameters, minibatches)
        jax.block_until_ready(parameters)
        return float(mean_cost)

    serve(turn, {"JAX": jax.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
