"""The progress bar of a training."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

_said: set[str] = set()


class Progress:
    """A bar over all rows of all epochs, moving with every block.

    Parameters
    ----------
    total_rows : int
        Rows of all epochs together.
    visible : bool
        Nothing is shown otherwise.
    """

    def __init__(self, total_rows: int, *, visible: bool) -> None:
        from tqdm.auto import tqdm

        self._bar: Any = tqdm(
            total=total_rows, unit="row", unit_scale=True, disable=not visible, dynamic_ncols=True
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def say_once(self, message: str) -> None:
        """Write a line above the bar, the first time in this process only."""
        if not self._bar.disable and message not in _said:
            _said.add(message)
            self._bar.write(message, file=sys.stderr)

    def start_epoch(self, epoch: int, n_epochs: int) -> None:
        """Show which epoch it is."""
        self._bar.set_description(f"epoch {epoch}/{n_epochs}")

    def advance(self, rows: int, cost: float) -> None:
        """Move by a block's rows; show the mean cost of the epoch so far."""
        self._bar.set_postfix_str(f"cost {cost:.4f}", refresh=False)
        self._bar.update(rows)
