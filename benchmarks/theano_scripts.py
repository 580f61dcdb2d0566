"""Compare training functions of scripts under autoenc and under Theano.

Each function is called once for each minibatch, as in the scripts. Both processes start from the
same parameters, draw the same random numbers and take turns. Their costs must agree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import plots, report, work
from benchmarks.field import Entrant, theano
from benchmarks.runner import check_costs, measure
from benchmarks.scripts import SCRIPTS, Script
from benchmarks.session import NobodyError

if TYPE_CHECKING:
    from benchmarks.runner import Measurement
    from benchmarks.session import Session

OPTIONS = ("rounds", "theano-python", "scripts")
OURS, THEIRS = "autoenc", "theano"
PRECISIONS = ("float32", "float64")


def run(session: Session) -> report.Outcome:
    """Measure every script in both precisions."""
    outcome = report.Outcome("Scripts for Theano", description(session))
    rows, panels = [], {}
    for name in session.options.scripts or SCRIPTS:
        for precision in PRECISIONS:
            results = measured(session, name, precision)
            n = SCRIPTS[name].n_minibatches
            rows.append(row(SCRIPTS[name], precision, results))
            panels[f"{name}, {precision}"] = {
                who: report.micros(results[who].seconds, n) for who in (OURS, THEIRS)
            }
            about = {"script": name, "precision": precision, "n_minibatches": n}
            outcome.raw += [report.raw(m, entrant=who, **about) for who, m in results.items()]
    header = ["", "rows", "floatX", "autoenc, µs per call", "Theano 1.0.5", "times as fast"]
    outcome.text += f"\n\n{report.table(header, rows)}"
    outcome.figure = plots.bars(panels, "µs per call")
    return outcome


def measured(session: Session, name: str, precision: str) -> dict[str, Measurement]:
    """Run one script under both, and check that the costs agree."""
    script = SCRIPTS[name]
    model = work.Work(784, script.n_hidden, "MNIST images", script.batch_size)
    n_rows = script.batch_size * script.n_minibatches
    task = session.task(model, script.batch_size, 1 + session.rounds, n_rows=n_rows)
    task = replace(task, options={"script": name})
    entrants = session.entrants(both(session.options.theano_python, precision))
    if len(entrants) < 2:
        raise NobodyError(f"there is nothing to compare with: {session.left_out}")
    results = measure(entrants, task, session.rounds, 1, session.cache)
    check_costs(entrants, results, corruption=script.samples)
    session.note_versions(results.values())
    return results


def both(python: str | None, precision: str) -> list[Entrant]:
    """Return autoenc in place of Theano, and Theano with the BLAS that its users had."""
    theirs = theano(THEIRS, "system OpenBLAS", "-lopenblas", python)
    flags = theirs.environment["THEANO_FLAGS"].replace("float32", precision)
    return [
        Entrant(
            OURS,
            "**autoenc**",
            "theano_door",
            environment={"XDG_CACHE_HOME": "{cache}", "THEANO_FLAGS": f"floatX={precision}"},
        ),
        replace(
            theirs,
            module="theano_scripts",
            environment={**theirs.environment, "THEANO_FLAGS": flags},
        ),
    ]


def row(script: Script, precision: str, results: dict[str, Measurement]) -> list[str]:
    """Return a row of the table."""
    times = (
        report.spread(report.micros(results[name].seconds, script.n_minibatches), ",.0f")
        for name in (OURS, THEIRS)
    )
    faster = report.spread(report.ratios(THEIRS, OURS, results), ".2f")
    return [script.description, str(script.batch_size), precision, *times, faster]


def description(session: Session) -> str:
    """Describe the benchmark."""
    return (
        "The training functions are typical of scripts for Theano and run unchanged under both: "
        "one call per minibatch, which is a slice of a shared data set. Values are medians of "
        f"{session.rounds} rounds with their quartiles; ratios are taken within a round. The run "
        "fails if costs differ by more than 0.1 %, random numbers included, or by more than 1 % "
        "where units are drawn with computed probabilities."
    )
