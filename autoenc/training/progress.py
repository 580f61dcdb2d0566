"""The progress bar of a training run."""

from __future__ import annotations

import sys
from typing import Any

from autoenc.training.callbacks import Callback, Training

_said: set[str] = set()


class ProgressBar(Callback):
    """Bar over all rows of all epochs, in a terminal or a notebook, updated after every block.

    It shows epoch, cost, validation cost, rows per second and the time left. The first bar in a
    process is preceded by a line about the backend and device.
    """

    def start(self, training: Training) -> None:
        """Open the bar."""
        from tqdm.auto import tqdm

        self._bar: Any = tqdm(
            total=training.n_rows * training.n_epochs,
            initial=training.n_rows * len(training.history),
            unit="row",
            unit_scale=True,
            dynamic_ncols=True,
        )
        self._shown = self._bar.n
        if training.description not in _said:
            _said.add(training.description)
            self._bar.write(f"autoenc runs on {training.description}", file=sys.stderr)

    def block_end(self, training: Training) -> None:
        """Move by the block's rows; show the mean cost of the epoch so far."""
        self._bar.set_description(f"epoch {training.epoch}/{training.n_epochs}", refresh=False)
        self._bar.set_postfix_str(_costs(training), refresh=False)
        done = training.n_rows * (training.epoch - 1) + training.rows_done
        self._bar.update(done - self._shown)
        self._shown = done

    def epoch_end(self, training: Training) -> None:
        """Show the validation cost, if there is one."""
        self._bar.set_postfix_str(_costs(training))

    def stop(self, training: Training) -> None:
        """Close the bar."""
        # There is no bar if another callback ended training before this one was started.
        if hasattr(self, "_bar"):
            self._bar.close()


def _costs(training: Training) -> str:
    valid = next((r["valid_cost"] for r in reversed(training.history) if "valid_cost" in r), None)
    return f"cost {training.cost:.4f}" + ("" if valid is None else f", valid {valid:.4f}")
