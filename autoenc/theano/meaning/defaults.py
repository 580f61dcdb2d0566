"""Defaults of missing values: ``theano.tensor.default``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op


class Default(Op):
    """Operation that replaces a missing value by a default.

    A function may be called with None in place of an array.
    """

    view_map = {0: [0]}  # noqa: RUF012 - PyTensor's protocol
    __props__ = ()

    def make_node(self, x: Any, default: Any) -> Apply:
        """Create a node.

        Raises
        ------
        TypeError
            If the value and the default are of different types.
        """
        x, default = pt.as_tensor_variable(x), pt.as_tensor_variable(default)
        if x.type != default.type:
            raise TypeError("Both default() arguments must have same type", x, default)
        return Apply(self, [x, default], [default.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Return the value, or a copy of the default if there is none."""
        x, default = inputs
        outputs[0][0] = default.copy() if x is None else x


default = setdefault = Default()
