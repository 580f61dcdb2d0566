"""The five matrix products of a step as XLA does them, in one compiled scan, and nothing else.

W is updated by next to nothing, so that its numbers stay as they are. It computes no cost.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import work
from benchmarks.worker import Task, serve

TINY = 1e-12


def products(multiply: Any, W: Any, x: Any) -> tuple[Any, None]:
    """Multiply as a step does."""
    code = multiply(x, W)
    output = multiply(code, W.T)
    gradient = multiply(x.T, multiply(output, W)) + multiply(output.T, code)
    return W - TINY * gradient, None


def multiply_in(precision: str | None, a: Any, b: Any) -> Any:
    """Multiply operands that are rounded to bfloat16 or left as they are."""
    if precision == "bfloat16":
        a, b = a.astype(jnp.bfloat16), b.astype(jnp.bfloat16)
    return jnp.matmul(a, b, preferred_element_type=jnp.float32)


def main(task: Task) -> None:
    """Multiply when told to."""
    minibatches = jnp.asarray(work.minibatches(task))
    step = partial(products, partial(multiply_in, task.options.get("precision")))
    epoch = jax.jit(lambda W, data: jax.lax.scan(step, W, data)[0], donate_argnums=0)
    W = jnp.asarray(work.start(task)[0])

    def turn() -> None:
        nonlocal W
        W = jax.block_until_ready(epoch(W, minibatches))

    serve(turn, {"JAX": jax.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
