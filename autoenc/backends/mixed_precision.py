"""Run a step in a precision other than that of its graph."""

from __future__ import annotations

from dataclasses import replace

from autoenc.backends.interface import Backend, BackendError
from autoenc.backends.step import Step
from autoenc.graph.precision import PRECISIONS, with_mixed_products

NEEDS = {
    "mixed_bfloat16": (
        "runs on XLA, and in C if the processor (avx512_bf16) and the compiler have it"
    ),
    "tf32": "runs on a CUDA GPU",
}
ADVICE = {"mixed_bfloat16": "backend='xla'", "tf32": "backend='xla' and device='cuda'"}


def in_precision(precision: str, step: Step, backend: Backend) -> Step:
    """Replace the products of a step by products in another precision, if requested.

    Parameters
    ----------
    precision : {"float32", "mixed_bfloat16", "tf32"}
        ``"float32"`` leaves the step unchanged, regardless of its dtype. ``"tf32"`` lets a GPU
        round the operands of products to 10 bits of precision, which its tensor cores need.
    step : Step
        The step in float32.
    backend : Backend
        The backend that runs the step.

    Returns
    -------
    Step
        The step with other products.

    Raises
    ------
    ValueError
        If the precision is not known, or the step is not float32.
    BackendError
        If the backend has no such products.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision is {precision!r}; expected one of {', '.join(map(repr, PRECISIONS))}."
        )
    if precision == "float32":
        return step
    if precision not in backend.precisions:
        raise BackendError(
            f"precision {precision!r} {NEEDS[precision]}, but the backend is {backend.name!r} "
            f"here; use {ADVICE[precision]}."
        )
    if step.dtype != "float32":
        raise ValueError(
            f"precision {precision!r} is for float32 graphs, but the cost is {step.dtype}; "
            "use float32 parameters and inputs."
        )
    if precision == "tf32":
        return replace(step, precision=precision)
    cost, *rest = with_mixed_products([step.cost, *step.next_state, *step.next_generators])
    n = len(step.state)
    return replace(step, cost=cost, next_state=rest[:n], next_generators=rest[n:])
