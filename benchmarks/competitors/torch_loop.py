"""PyTorch: eager as its users write it, or the whole step through ``torch.compile``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from benchmarks import work
from benchmarks.worker import Task, serve

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = list[Any]


def cost(parameters: Parameters, x: Any) -> Any:
    """Cross-entropy of a minibatch, from the pre-activation of the output."""
    W, hidden_bias, visible_bias = parameters
    activation = torch.sigmoid(x @ W + hidden_bias) @ W.T + visible_bias
    total = functional.binary_cross_entropy_with_logits(activation, x, reduction="sum")
    return total / x.shape[0]


def eager(parameters: Parameters) -> Callable[[Any], Any]:
    """Return a step of autograd and `torch.optim.SGD`."""
    for parameter in parameters:
        parameter.requires_grad_()
    optimizer = torch.optim.SGD(parameters, lr=work.LEARNING_RATE)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        value = cost(parameters, x)
        value.backward()
        optimizer.step()
        return value.detach()

    return step


def compiled(parameters: Parameters) -> Callable[[Any], Any]:
    """Return a compiled step, gradients and updates in one graph.

    Compiling the cost alone, and leaving the updates to an optimizer, gains nothing over eager.
    """
    gradients_and_cost = torch.func.grad_and_value(cost)

    def step(parameters: Parameters, x: Any) -> Any:
        gradients, value = gradients_and_cost(parameters, x)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(work.LEARNING_RATE * gradient)
        return value

    fast = torch.compile(step)
    return lambda x: fast(parameters, x)


def main(task: Task) -> None:
    """Train when told to."""
    minibatches = torch.from_numpy(work.images(task)).split(task.batch_size)
    make = {"eager": eager, "compile": compiled}[task.options["how"]]
    step = make([torch.from_numpy(value) for value in work.start()])

    def turn() -> float:
        total = torch.zeros(())
        for minibatch in minibatches:
            total += step(minibatch)
        return float(total) / len(minibatches)

    serve(turn, {"PyTorch": torch.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
