"""Train the same autoencoder with autoenc and its competitors, side by side.

Every competitor runs in a separate process, and sleeps while the others have their turns. After a
warm-up epoch, each competitor trains once per round, in rotating order. The result is the median
over rounds. Ratios are taken within a round, because the speed of a machine varies with time. All
competitors must reach the same costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import gpu, plots, report, work
from benchmarks.runner import check_costs, measure

if TYPE_CHECKING:
    from benchmarks.runner import Measurement
    from benchmarks.session import Session
    from benchmarks.worker import Task

OPTIONS = ("batch-sizes", "rounds", "epochs", "works", "theano-python", "masked")
CORRUPTION = 0.3


@dataclass(frozen=True)
class Setting:
    """Setting of one table: the model, and how it is trained."""

    work: work.Work
    corruption: float
    batch_size: int

    @property
    def title(self) -> str:
        """Heading of the table."""
        masks = f", {self.corruption:.0%} masked" if self.corruption else ""
        return f"{self.work.name}{masks}, minibatches of {self.batch_size}"


def run(session: Session) -> report.Outcome:
    """Measure every setting."""
    entrants = session.entrants()
    models = f" of {', '.join(session.options.works)}" if session.options.works else ""
    outcome = report.Outcome(f"Training{models}, side by side", description(session))
    panels = {}
    for setting in settings(session):
        task = make_task(session, setting)
        n_minibatches = work.n_minibatches(task)
        results = measure(entrants, task, session.rounds, session.options.epochs, session.cache)
        apart = check_costs(entrants, results, setting.corruption)
        outcome.text += f"\n\n### {setting.title}\n\n"
        outcome.text += report.speed_table(entrants, results, n_minibatches, apart)
        if session.options.device == "cuda":
            outcome.text += f"\n\n{gpu.where_it_goes(gpu.gpu_name(), entrants, results, task)}"
        panels[setting.title] = {
            e.name: report.micros(results[e.name].seconds, n_minibatches) for e in entrants
        }
        outcome.raw += raw(session, setting, results, n_minibatches)
    outcome.figure = plots.bars(panels, "µs per minibatch")
    return outcome


def settings(session: Session) -> list[Setting]:
    """Return the setting of each table; masks are measured with one model, not in a quick run."""
    masked = None if session.options.quick else work.WORKS["784-500"]
    levels = [CORRUPTION] if session.options.masked else [0, CORRUPTION]
    return [
        Setting(model, corruption, batch_size)
        for model in session.works
        for corruption in (levels if model == masked else [0])
        for batch_size in session.batch_sizes
    ]


def make_task(session: Session, setting: Setting) -> Task:
    """Return the task of the workers for a setting."""
    n_epochs = 1 + session.rounds * session.options.epochs
    return session.task(setting.work, setting.batch_size, n_epochs, setting.corruption)


def raw(
    session: Session, setting: Setting, results: dict[str, Measurement], n_minibatches: int
) -> list[dict[str, Any]]:
    """Return the measurements of a setting for JSON, and note the versions."""
    session.note_versions(results.values())
    about = {
        "work": setting.work.name,
        "corruption": setting.corruption,
        "batch_size": setting.batch_size,
        "n_minibatches": n_minibatches,
    }
    return [report.raw(m, entrant=name, **about) for name, m in results.items()]


def description(session: Session) -> str:
    """Describe the benchmark."""
    data = "; ".join(f"{w.name}: {w.data}" for w in session.works)
    return (
        "The model is a tied autoencoder with sigmoid units, trained with cross-entropy and SGD, "
        f"in float32 unless stated otherwise, with rows in file order ({data}). Values are "
        f"medians of {session.rounds} rounds with their quartiles. Ratios are taken within a "
        "round: 2 under “times the time of autoenc-xla” means twice as slow. Every competitor "
        "runs in a separate process, and after a warm-up epoch they take turns. “Costs apart” is "
        "the largest deviation of an epoch's cost from the median of the float32 costs. The run "
        "fails if it exceeds 0.1 % (1 % in bfloat16, or with masks, because each competitor "
        "draws its own)."
    )
