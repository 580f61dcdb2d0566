"""Cost of a checkpoint after every epoch: the same training run with and without checkpoints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import plots, report
from benchmarks.field import everyone
from benchmarks.masks import cost_table, epochs
from benchmarks.runner import check_costs, measure
from benchmarks.work import WORKS, n_minibatches

if TYPE_CHECKING:
    from benchmarks.session import Session

OPTIONS = ("batch-sizes", "rounds", "epochs")


def run(session: Session) -> report.Outcome:
    """Measure every minibatch size."""
    plain = session.entrants([e for e in everyone() if e.is_ours and e.precision == "float32"])
    saving = [
        replace(e, name=f"{e.name}-checkpoint", options={**e.options, "checkpoint": "yes"})
        for e in plain
    ]
    outcome = report.Outcome(
        "Checkpoints",
        "A 784-500 autoencoder is trained with a checkpoint after every epoch and without "
        f"checkpoints. Values are medians of {session.rounds} rounds with their quartiles; ratios "
        "are taken within a round.",
    )
    panels = {}
    for batch_size in session.batch_sizes:
        task = session.task(WORKS["784-500"], batch_size, 1 + session.rounds * epochs(session))
        together = [*plain, *saving]
        results = measure(together, task, session.rounds, epochs(session), session.cache)
        check_costs(together, results, 0)
        session.note_versions(results.values())
        n = n_minibatches(task)
        outcome.text += f"\n\n### Minibatches of {batch_size}\n\n"
        outcome.text += cost_table(plain, saving, results, n, "with checkpoints")
        panels[f"784-500, minibatches of {batch_size}"] = {
            a.name: report.ratios(b.name, a.name, results)
            for a, b in zip(plain, saving, strict=True)
        }
        outcome.raw += [
            report.raw(m, entrant=name, batch_size=batch_size, n_minibatches=n)
            for name, m in results.items()
        ]
    outcome.figure = plots.bars(panels, "time with checkpoints ÷ time without")
    return outcome
