"""PyTorch: an eager loop as its users write it, or the whole step in ``torch.compile``."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from benchmarks import work
from benchmarks.worker import Task, serve

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = list[Any]


def cost(parameters: Parameters, x: Any, corruption: float, bfloat16: bool) -> Any:
    """Cross-entropy of a minibatch, from the pre-activation of the output."""
    W, hidden_bias, visible_bias = parameters
    corrupted = x * (torch.rand_like(x) >= corruption) if corruption else x
    half = torch.autocast(x.device.type, torch.bfloat16) if bfloat16 else nullcontext()
    with half:
        activation = torch.sigmoid(corrupted @ W + hidden_bias) @ W.T + visible_bias
    total = functional.binary_cross_entropy_with_logits(activation.float(), x, reduction="sum")
    return total / x.shape[0]


def eager(parameters: Parameters, total: Any, cost: Callable[..., Any]) -> Callable[[Any], None]:
    """Return a step of autograd and `torch.optim.SGD`."""
    for parameter in parameters:
        parameter.requires_grad_()
    optimizer = torch.optim.SGD(parameters, lr=work.LEARNING_RATE, fused=True)

    def step(x: Any) -> None:
        optimizer.zero_grad()
        value = cost(parameters, x)
        value.backward()
        optimizer.step()
        total.add_(value.detach())

    return step


def compiled(
    parameters: Parameters, total: Any, cost: Callable[..., Any], mode: str
) -> Callable[[Any], None]:
    """Return a compiled step, gradients and updates in one graph.

    Compiling the cost alone, and leaving the updates to an optimizer, gains nothing over eager.
    """
    gradients_and_cost = torch.func.grad_and_value(cost)

    def step(parameters: Parameters, total: Any, x: Any) -> None:
        gradients, value = gradients_and_cost(parameters, x)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(work.LEARNING_RATE * gradient)
        total.add_(value)

    # A CUDA graph may update tensors in place only if their addresses never change.
    for tensor in (*parameters, total):
        torch._dynamo.mark_static_address(tensor)
    return partial(torch.compile(step, mode=mode, dynamic=False), parameters, total)


def make_step(task: Task, total: Any) -> Callable[[Any], None]:
    """Return a step that adds the cost of a minibatch to ``total`` and updates the parameters."""
    parameters = [torch.from_numpy(value).to(task.device) for value in work.start(task)]
    own_cost = partial(cost, corruption=work.corruption(task), bfloat16="bfloat16" in task.options)
    mode = task.options.get("compile")
    if mode:
        return compiled(parameters, total, own_cost, mode)
    return eager(parameters, total, own_cost)


def main(task: Task) -> None:
    """Train on command."""
    torch.manual_seed(work.NOISE_SEED)
    minibatches = torch.from_numpy(work.rows(task)).to(task.device).split(task.batch_size)
    total = torch.zeros((), device=task.device)
    step = make_step(task, total)

    def turn() -> float:
        total.zero_()
        for minibatch in minibatches:
            step(minibatch)
        return float(total) / len(minibatches)  # waits for the device

    serve(turn, {"PyTorch": torch.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
