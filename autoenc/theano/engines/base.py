"""What every engine does: inputs and outputs to a function."""

from __future__ import annotations

from typing import Any, Protocol


class Engine(Protocol):
    """A way to compile functions."""

    def compile(self, inputs: Any, outputs: Any, *, output_keys: Any, **settings: Any) -> Any:
        """Compile a graph.

        Parameters
        ----------
        inputs, outputs
            As `construct_function_ins_and_outs` gives them.
        output_keys : list of str, optional
            Names under which the function returns the outputs.
        **settings
            As for PyTensor's `FunctionMaker`.

        Returns
        -------
        Function
        """
        ...
