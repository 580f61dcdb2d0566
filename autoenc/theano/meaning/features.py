"""Features of graphs that scripts define: ``theano.gof.toolbox.Feature``."""

from __future__ import annotations

from typing import Any

from pytensor.graph.features import Feature


def extend() -> None:
    """Let the method ``validate`` of a script's feature refuse changes of a graph."""
    Feature.__init_subclass__ = classmethod(_init_subclass)


def _init_subclass(cls: Any, /, **more: Any) -> None:
    _own_init_subclass(cls, **more)
    own = vars(cls)
    if "validate" in own and "validate" not in cls.provides and "on_validate" not in own:
        cls.on_validate = _validate
        cls._feature_callbacks |= {"on_validate"}


def _validate(feature: Any, graph: Any) -> None:
    feature.validate(graph)


_own_init_subclass: Any = vars(Feature)["__init_subclass__"].__func__
