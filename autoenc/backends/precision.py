"""A step in another precision than that of its graph."""

from __future__ import annotations

from dataclasses import replace

from autoenc.backends.base import Backend, BackendError
from autoenc.backends.step import Step
from autoenc.graph.precision import PRECISIONS, with_mixed_products


def in_precision(precision: str, step: Step, backend: Backend) -> Step:
    """Exchange the products of a step for those in another precision, if that is asked for.

    Parameters
    ----------
    precision : {"float32", "mixed_bfloat16"}
        ``"float32"`` leaves the step as it is, whatever its dtype.
    step : Step
    backend : Backend
        What is to run it.

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
            f"precision {precision!r} runs on XLA, and in C if the processor (avx512_bf16) and "
            f"the compiler have it, but the backend is {backend.name!r} here; use backend='xla'."
        )
    if step.dtype != "float32":
        raise ValueError(
            f"precision {precision!r} mixes bfloat16 and float32, but the cost is {step.dtype}; "
            "use float32 parameters and inputs."
        )
    cost, *rest = with_mixed_products([step.cost, *step.next_state, *step.next_generators])
    n = len(step.state)
    return replace(step, cost=cost, next_state=rest[:n], next_generators=rest[n:])
