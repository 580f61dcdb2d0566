"""Tune an autoencoder with Optuna, which ends unpromising trials early.

After every epoch a callback reports the validation cost. The study is kept in a file, so that the
same command continues it, also after an interruption or in several processes at a time.

    pip install optuna
    python examples/tuning.py --study digits.log --trials 20
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend, JournalStorage

from autoenc import DenoisingAutoEncoder, load_mnist
from autoenc.datasets import Mnist


def main(arguments: Sequence[str] | None = None) -> optuna.Study:
    """Run trials, print the best settings, and return the study."""
    options = parse(arguments)
    digits = load_mnist(sample=True)
    study = optuna.create_study(
        study_name="autoenc",
        storage=JournalStorage(JournalFileBackend(str(options.study))),
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=options.seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
    )
    study.optimize(lambda trial: cost_of(trial, digits, options), n_trials=options.trials)
    pruned = study.get_trials(states=[optuna.trial.TrialState.PRUNED])
    print(f"{len(study.trials)} trials, {len(pruned)} ended early")
    print(f"best validation cost {study.best_value:.4f} with {study.best_params}")
    return study


def cost_of(trial: optuna.Trial, digits: Mnist, options: argparse.Namespace) -> float:
    """Fit a model with the settings of a trial, and return its validation cost."""
    model = DenoisingAutoEncoder(
        trial.suggest_int("n_hidden", 10, 200, log=True),
        corruption=trial.suggest_float("corruption", 0.0, 0.5),
        learning_rate=trial.suggest_float("learning_rate", 0.01, 1.0, log=True),
        n_epochs=options.epochs,
        random_state=0,
        verbose=False,
    )
    rows, held_out = digits.train.images[: options.rows], digits.valid.images
    model.fit(rows, validation=held_out, callbacks=[pruning(trial)])
    return float(model.history_[-1]["valid_cost"])


def pruning(trial: optuna.Trial) -> Callable[[dict[str, Any]], None]:
    """Return a callback that reports to a trial, and ends the trial if it is unpromising."""

    def report(record: dict[str, Any]) -> None:
        trial.report(record["valid_cost"], record["epoch"])
        if trial.should_prune():
            raise optuna.TrialPruned

    return report


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--study", type=Path, default=Path("study.log"), help="file of trials (%(default)s)")
    add("--trials", type=int, default=20, help="trials to run (%(default)s)")
    add("--epochs", type=int, default=5, help="epochs of each trial (%(default)s)")
    add("--rows", type=int, default=3000, help="digits to use (%(default)s)")
    add("--seed", type=int, default=0, help="(%(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
