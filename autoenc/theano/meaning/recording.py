"""Records of what functions compute, to find where two runs differ: ``theano.tests.record``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pytensor.compile.mode import Mode
from pytensor.link.basic import WrapLinkerMany
from pytensor.link.vm import VMLinker

__all__ = ["MismatchError", "Record", "RecordMode"]


class MismatchError(Exception):
    """Error raised if a run computes something different from the recorded run."""


class Record:
    """Writes lines to a file, or compares them with the lines of an earlier run.

    Parameters
    ----------
    file_object : file, optional
        File to write to or, with `replay`, to read from.
    file_path : path, optional
        Path of such a file, if there is no `file_object`.
    replay : bool, default False
        Whether to compare instead of writing.

    Raises
    ------
    ValueError
        If there is neither a file nor a path.
    """

    def __init__(
        self, file_object: Any = None, file_path: Any = None, replay: bool = False
    ) -> None:
        if file_object is None and file_path is None:
            raise ValueError("a record needs file_object or file_path")
        if file_object is None:
            file_object = Path(file_path).open("r" if replay else "w")  # noqa: SIM115 - kept open
        self.f = file_object
        self.replay = replay

    def handle_line(self, line: str) -> None:
        """Write or compare a line.

        Raises
        ------
        MismatchError
            If the earlier run wrote another line.
        """
        assert line.endswith("\n")
        if not self.replay:
            self.f.write(line)
            return
        before = self.f.readline()
        if before != line:
            raise MismatchError(
                f"Replay detected mismatch.\n I wanted to write:\n{line[:100]}\nwhen previous job "
                f"wrote:\n{before[:100]}"
            )


class RecordMode(Mode):
    """Mode in which functions record digests of all values that they compute.

    Parameters
    ----------
    record : Record, optional
    **more
        Parameters of a new `Record`, if there is none.
    """

    def __init__(self, record: Record | None = None, **more: Any) -> None:
        self.record = record or Record(**more)
        self._graphs: dict[Any, int] = {}
        linker = WrapLinkerMany([VMLinker(use_cloop=False)], [self._record])
        super().__init__(linker, "fast_run")

    def set_record(self, record: Record) -> None:
        """Use another record from now on."""
        self.record = record
        self._graphs.clear()

    def _record(self, graph: Any, i: int, node: Any, thunk: Any) -> None:
        new = graph not in self._graphs
        number = self._graphs.setdefault(graph, len(self._graphs))
        if new:
            self.record.handle_line(
                f"Function {number} has {len(graph.apply_nodes)} apply nodes.\n"
            )
        self.record.handle_line(f"Function {number} node {i}: {node.op}\n")
        self.record.handle_line(f"Inputs: {_digests(thunk.inputs)}\n")
        thunk()
        self.record.handle_line(f"Outputs: {_digests(thunk.outputs)}\n")


def _digests(cells: Any) -> str:
    return " ".join(f"{i}:{_digest(cell[0])}" for i, cell in enumerate(cells))


def _digest(value: Any) -> str:
    if value is None:
        return "None"
    data = value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
