"""Cost of masks of 30 %: the same training run with and without masks, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import plots, report, work
from benchmarks.field import everyone
from benchmarks.runner import check_costs, measure
from benchmarks.training import CORRUPTION

if TYPE_CHECKING:
    from benchmarks.field import Entrant
    from benchmarks.runner import Measurement
    from benchmarks.session import Session

OPTIONS = ("batch-sizes", "rounds", "epochs")
ALSO = ("jax", "torch")


def run(session: Session) -> report.Outcome:
    """Measure every minibatch size."""
    candidates = [
        e for e in everyone() if (e.is_ours and e.precision == "float32") or e.name in ALSO
    ]
    plain = session.entrants(candidates)
    masked = [entrant.masked(CORRUPTION) for entrant in plain]
    outcome = report.Outcome("Masks", description(session))
    panels = {}
    for batch_size in session.batch_sizes:
        task = session.task(
            work.WORKS["784-500"], batch_size, 1 + session.rounds * epochs(session)
        )
        n_minibatches = work.n_minibatches(task)
        together = [*plain, *masked]
        results = measure(together, task, session.rounds, epochs(session), session.cache)
        check_costs(plain, results, 0)
        check_costs(masked, results, CORRUPTION)
        session.note_versions(results.values())
        outcome.text += f"\n\n### Minibatches of {batch_size}\n\n"
        outcome.text += cost_table(plain, masked, results, n_minibatches, "with masks")
        title = f"784-500, minibatches of {batch_size}"
        panels[title] = {
            a.name: report.ratios(b.name, a.name, results)
            for a, b in zip(plain, masked, strict=True)
        }
        outcome.raw += [
            report.raw(m, entrant=name, batch_size=batch_size, n_minibatches=n_minibatches)
            for name, m in results.items()
        ]
    outcome.figure = plots.bars(panels, "time with masks ÷ time without")
    return outcome


def epochs(session: Session) -> int:
    """Return the epochs of a turn."""
    n: int = session.options.epochs
    return n


def cost_table(
    plain: list[Entrant],
    laden: list[Entrant],
    results: dict[str, Measurement],
    n_minibatches: int,
    what: str,
) -> str:
    """Return a table of times without and with an option, and their ratio."""
    header = ["", "µs per minibatch", what, "with ÷ without"]
    rows = [
        [
            a.description,
            spread_of(results[a.name], n_minibatches),
            spread_of(results[b.name], n_minibatches),
            report.spread(report.ratios(b.name, a.name, results), ".3f"),
        ]
        for a, b in zip(plain, laden, strict=True)
    ]
    return report.table(header, rows)


def spread_of(measurement: Measurement, n_minibatches: int) -> str:
    """Return the time of a minibatch."""
    return report.spread(report.micros(measurement.seconds, n_minibatches), ",.0f")


def description(session: Session) -> str:
    """Describe the benchmark."""
    return (
        f"A 784-500 autoencoder is trained with {CORRUPTION:.0%} of the input masked and without "
        f"masks. Values are medians of {session.rounds} rounds with their quartiles; ratios are "
        "taken within a round."
    )
