"""Attributes of the operation behind ``theano.scan``, by which scripts find its inputs.

The inputs of a node are the number of steps; the sequences; the states that are written several
times a step (mit-mot), that have several past values (mit-sot) or one (sit-sot), and of which only
the last is kept (shared); the lengths of outputs without a past (nit-sot); and the rest. For
example, ``node.inputs[1 + node.op.n_seqs]`` is the first initial state.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from pytensor.graph.basic import Apply, Variable
from pytensor.scan.op import Scan, ScanInfo

# Theano's names of attributes, as functions of PyTensor's description of a loop.
_ATTRIBUTES: dict[str, Callable[[ScanInfo], Any]] = {
    "n_seqs": lambda info: info.n_seqs,
    "n_mit_mot": lambda info: info.n_mit_mot,
    "n_mit_sot": lambda info: info.n_mit_sot,
    "n_sit_sot": lambda info: info.n_sit_sot,
    "n_nit_sot": lambda info: info.n_nit_sot,
    "n_shared_outs": lambda info: info.n_untraced_sit_sot,
    "n_mit_mot_outs": lambda info: info.n_mit_mot_outs,
    "n_outs": lambda info: info.n_mit_mot + info.n_mit_sot + info.n_sit_sot,
    "as_while": lambda info: info.as_while,
    "tap_array": lambda info: list(map(list, info.tap_array)),
    "mit_mot_out_slices": lambda info: list(map(list, info.mit_mot_out_slices)),
    "gpua": lambda info: False,
}
# Methods that select inputs or outputs of a node, or of the inner graph, and PyTensor's new names.
_PARTS = ("seqs", "mitmot", "mitsot", "sitsot", "nitsot", "shared", "non_seqs")
_RENAMED = {"shared": "untraced_sit_sot"}
_OF_THE_OPERATION = ("truncate_gradient", "name", "mode", "profile", "allow_gc", "strict")


class Info(ScanInfo, Mapping[str, Any]):
    """Description of a loop that can be read by key, as under Theano: ``op.info["name"]``."""

    _op: Any

    def __getitem__(self, key: str) -> Any:
        if key in _OF_THE_OPERATION:
            return getattr(self._op, key)
        return _ATTRIBUTES[key](self)

    def __iter__(self) -> Iterator[str]:
        return iter((*_ATTRIBUTES, *_OF_THE_OPERATION))

    def __len__(self) -> int:
        return len(_ATTRIBUTES) + len(_OF_THE_OPERATION)


def _set_info(op: Any, info: ScanInfo) -> None:
    described = Info(**{field.name: getattr(info, field.name) for field in fields(ScanInfo)})
    object.__setattr__(described, "_op", op)
    vars(op)["info"] = described


def _attribute(name: str) -> property:
    return property(lambda op: _ATTRIBUTES[name](op.info))


def _of_a_node(select: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that selects from a list, or from the inputs or outputs of a node."""
    ends = "outputs" if select.__name__.endswith("_outs") else "inputs"

    @functools.wraps(select)
    def selected(op: Any, given: Apply | Sequence[Variable]) -> Any:
        return select(op, getattr(given, ends) if isinstance(given, Apply) else given)

    return selected


def extend() -> None:
    """Add Theano's attributes to the operation; later calls change nothing."""
    Scan.inputs = property(lambda op: op.inner_inputs)
    Scan.outputs = property(lambda op: op.inner_outputs)
    Scan.info = property(lambda op: vars(op)["info"], _set_info)
    for name in _ATTRIBUTES:
        setattr(Scan, name, _attribute(name))
    for part in _PARTS:
        for form in ("inner_{}", "outer_{}", "inner_{}_outs", "outer_{}_outs"):
            select = getattr(Scan, form.format(_RENAMED.get(part, part)), None)
            if select is not None and not hasattr(select, "__wrapped__"):
                setattr(Scan, form.format(part), _of_a_node(select))
