"""Graphs of successive training runs, kept for models of the same structure.

Building and compiling the graph of a small model takes longer than training it. Within
`kept_graphs`, the next model of the same structure is trained with the same graph, starting from
its own values.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from autoenc.backends import Backend
from autoenc.backends.reused import ReusedBackend
from autoenc.graph import Parameter
from autoenc.models.fitted import FittedModel
from autoenc.models.tasks import Task, make_task
from autoenc.rows.blocks import Array
from autoenc.rows.examples import Examples
from autoenc.rows.weights import normalised

# Maximum number of graphs to keep: the layers of a stack, in a few variants.
KEPT = 16
# Settings and choices that do not affect the graph of a step.
NOT_OF_THE_GRAPH = frozenset((
    "random_state", "n_epochs", "n_updates", "batch_size", "shuffle", "verbose", "warm_start",
    "memory", "early_stopping", "validation_fraction", "learning_rate", "chosen",
    "contamination", "dependence", "n_bins", "gain", "limits", "labels", "labels_dtype",
    "n_hidden",
))  # fmt: skip

# Arrays from which the frequencies of the values of categories follow.
FREQUENCIES = ("mean", "shift")


@dataclass(frozen=True)
class _Kept:
    """A task whose graph is kept, the initial values of its variables, and its backend."""

    task: Task
    others: Mapping[Parameter, Array]
    backend: ReusedBackend


class Graphs:
    """Graphs by the properties that determine them. Only one training run at a time uses them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def prepare(
        self, known: FittedModel, settings: Mapping[str, Any], examples: Examples,
        held_out: Examples | None, n_done: int, backend: Backend,
    ) -> tuple[Task, Backend]:  # fmt: skip
        """Return the task of a model, and the backend that has compiled it or will compile it.

        Parameters
        ----------
        known, settings, examples, held_out, n_done
            See `autoenc.models.tasks.make_task`.
        backend : Backend
            Backend that compiles the graph, if there was no model of this structure before.
        """
        given = known, settings, examples, held_out
        if known.layers:
            # The graph of such a model depends on more than the key contains.
            return make_task(*given, n_done=n_done), backend
        key = (*_key(*given, n_done), backend)
        if (kept := self._kept.get(key)) is not None:
            for variable, value in kept.others.items():
                variable.set_value(value)
            return kept.task.of_another(*given), kept.backend
        task = make_task(*given, n_done=n_done)
        others = {v: v.get_value() for v in task.updates if v not in task.model.params}
        self._kept[key] = _Kept(task, others, ReusedBackend(backend))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return task, self._kept[key].backend


GRAPHS: ContextVar[Graphs | None] = ContextVar("GRAPHS", default=None)
"""Graphs of earlier fits, which a fit reuses; None outside `kept_graphs`."""


@contextmanager
def kept_graphs() -> Iterator[None]:
    """Keep graphs for the fits in the block."""
    token = GRAPHS.set(Graphs())
    try:
        yield
    finally:
        GRAPHS.reset(token)


def _key(
    known: FittedModel, settings: Mapping[str, Any], examples: Examples,
    held_out: Examples | None, n_done: int,
) -> tuple[Any, ...]:  # fmt: skip
    """Return everything that determines the graph of a task."""
    rate, decays = settings["learning_rate"], settings.get("learning_rate_decay", 1) != 1
    return (
        type(known),
        _of_kinds(known),
        tuple((name, a.shape, a.dtype.str) for name, a in known.model_arrays().items()),
        _of_the_graph(settings),
        _of_the_graph(known.choices),
        _comparable(rate) if callable(rate) else None,
        -(-len(examples.rows) // settings["batch_size"]) if decays else None,
        n_done,
        normalised(examples.weights, "float64") is None,
        held_out is None,
    )


def _of_kinds(known: FittedModel) -> Hashable:
    """Return what determines groups of entries: columns, and the frequencies of values."""
    encoding = known.columns.encoding
    if encoding is None:
        return None
    return encoding, *(known.arrays[n].tobytes() for n in FREQUENCIES if n in known.arrays)


def _of_the_graph(named: Mapping[str, Any]) -> tuple[Hashable, ...]:
    return tuple((n, _comparable(v)) for n, v in named.items() if n not in NOT_OF_THE_GRAPH)


def _comparable(value: Any) -> Hashable:
    """Return a key that is the same for equal values; a unique key if they cannot be compared."""
    if isinstance(value, list | tuple):
        return type(value), tuple(map(_comparable, value))
    try:
        hash(value)
    except TypeError:
        return object()
    return type(value), value
