"""Hand-written JAX: the whole epoch is one jitted ``lax.scan`` with donated parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import work
from benchmarks.worker import Task, serve

Parameters = tuple[Any, ...]
State = tuple[Parameters, Any]


def cost(parameters: Parameters, x: Any, corrupted: Any) -> Any:
    """Cross-entropy of a minibatch, from the pre-activation of the output."""
    W, hidden_bias, visible_bias = parameters
    code = jax.nn.sigmoid(corrupted @ W + hidden_bias)
    activation = code @ W.T + visible_bias
    return (jax.nn.softplus(activation) - x * activation).sum(axis=1).mean()


def masked(x: Any, key: Any, corruption: float) -> Any:
    """Set entries to zero at random."""
    return x * jax.random.bernoulli(key, 1 - corruption, x.shape) if corruption else x


def step(state: State, x: Any, corruption: float) -> tuple[State, Any]:
    """One update by plain gradient descent."""
    parameters, key = state
    key, own = jax.random.split(key)
    corrupted = masked(x, own, corruption)
    value, gradients = jax.value_and_grad(cost)(parameters, x, corrupted)
    pairs = zip(parameters, gradients, strict=True)
    return (tuple(p - work.LEARNING_RATE * g for p, g in pairs), key), value


def epoch(state: State, minibatches: Any, corruption: float) -> tuple[State, Any]:
    """One pass over ``minibatches`` of shape (minibatches, rows, features)."""
    state, costs = jax.lax.scan(partial(step, corruption=corruption), state, minibatches)
    return state, costs.mean()


def main(task: Task) -> None:
    """Train on command."""
    minibatches = jnp.asarray(work.minibatches(task))
    compiled = jax.jit(partial(epoch, corruption=work.corruption(task)), donate_argnums=0)
    # The fastest of JAX's generators: its default on a CPU, XLA's own on a GPU.
    generator = "rbg" if task.device == "cuda" else "threefry2x32"
    key = jax.random.key(work.NOISE_SEED, impl=generator)
    state: State = (tuple(map(jnp.asarray, work.start(task))), key)

    def turn() -> float:
        nonlocal state
        state, mean_cost = compiled(state, minibatches)
        jax.block_until_ready(state)
        return float(mean_cost)

    serve(turn, {"JAX": jax.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
