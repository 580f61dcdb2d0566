"""Apply a fitted model to a million rows: rate relative to the products alone, and memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import plots, report
from benchmarks.field import Entrant, everyone
from benchmarks.report import MIB
from benchmarks.runner import Measurement, check_costs, measure, measure_alone
from benchmarks.work import WORKS

if TYPE_CHECKING:
    from benchmarks.session import Session
    from benchmarks.worker import Task

OPTIONS = ("rounds", "rows")
WORK = WORKS["784-500"]
N_ROWS, QUICK_ROWS = 1_000_000, 40_000
# Number of values that are returned for a row.
METHODS = {"transform": WORK.n_hidden, "reconstruct": WORK.n_visible, "score_samples": 1}
PRODUCTS = "floor-numpy"
# Let a process keep the memory of discarded results. Getting new memory from the host of a virtual
# machine can take twice as long as the products, or a tenth of their time.
KEEPS_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}


def run(session: Session) -> report.Outcome:
    """Measure every method."""
    n_rows = session.options.rows or (QUICK_ROWS if session.options.quick else N_ROWS)
    entrants = [*session.entrants(appliers()), products()]
    outcome = report.Outcome("Inference", description(n_rows, session.rounds))
    panels = {}
    for method, n_returned in METHODS.items():
        tasks = [make_task(session, method, n) for n in (n_rows, n_rows // 4)]
        results = measure(entrants, tasks[0], session.rounds, 1, session.cache)
        check_costs(entrants, results, 0)
        session.note_versions(results.values())
        rows = []
        for entrant in entrants:
            usual = replace(entrant, environment=without(KEEPS_MEMORY, entrant.environment))
            besides = [
                besides_bytes(measure_alone(usual, task, 0, session.cache), n, n_returned)
                for task, n in zip(reversed(tasks), (n_rows // 4, n_rows), strict=True)
            ]
            rows.append([entrant.description, *cells(entrant.name, results, n_rows, besides)])
        outcome.text += f"\n\n### {method}\n\n{table(rows)}"
        panels[method] = {
            e.name: [s / n_rows * 1e6 for s in results[e.name].seconds] for e in entrants
        }
        outcome.raw += [
            report.raw(m, entrant=name, method=method, n_rows=n_rows)
            for name, m in results.items()
        ]
    outcome.figure = plots.bars(panels, "µs per row")
    return outcome


def appliers() -> list[Entrant]:
    """Return autoenc's estimator on each backend."""
    return [
        replace(e, module="autoenc_apply", environment=e.environment | KEEPS_MEMORY)
        for e in everyone()
        if e.is_ours and e.precision == "float32"
    ]


def products() -> Entrant:
    """Return NumPy's products of rows and W."""
    description = "*NumPy, the products alone*"
    return Entrant(
        PRODUCTS,
        description,
        "numpy_products",
        environment=KEEPS_MEMORY,
        devices=("cpu", "cuda"),
    )


def make_task(session: Session, method: str, n_rows: int) -> Task:
    """Return the task of the workers; an epoch applies the model to all rows."""
    common = session.task(WORK, 1, 1, n_rows=n_rows)
    return replace(common, options={"method": method})


def without(some: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
    """Return an environment without some of its variables."""
    return {name: value for name, value in environment.items() if name not in some}


def besides_bytes(found: Measurement, n_rows: int, n_returned: int) -> int:
    """Return the peak memory minus the rows and the result."""
    return found.peak_bytes - 4 * n_rows * (WORK.n_visible + n_returned)


def cells(
    name: str, results: dict[str, Measurement], n_rows: int, besides: list[int]
) -> list[str]:
    """Return the row of a competitor."""
    rates = [n_rows / s for s in results[name].seconds]
    rate_ratios = [1 / ratio for ratio in report.ratios(name, PRODUCTS, results)]
    return [
        report.spread(rates, ",.0f"),
        report.spread(rate_ratios, ".2f"),
        *(f"{n / MIB:,.0f}" for n in besides),
    ]


def table(rows: list[list[str]]) -> str:
    """Return the table."""
    header = [
        "",
        "rows per second",
        "rate ÷ that of the products",
        "memory besides, a quarter of the rows, MiB",
        "memory besides, MiB",
    ]
    return report.table(header, rows)


def description(n_rows: int, n_rounds: int) -> str:
    """Describe the benchmark."""
    return (
        f"A 784-500 model is applied to {n_rows:,} rows (MNIST images, repeated, in a memory "
        "map). “The products” are NumPy's products, computed in blocks into an array of the "
        "result's size: one product for `transform` and two for the other functions. Values are "
        f"medians of {n_rounds} rounds with their quartiles, in processes that take turns and "
        "keep the memory of discarded results. “Memory besides” is the peak memory minus rows "
        "and result, in processes that do not keep this memory. If it is the same for a quarter "
        "of the rows, memory does not grow with the number of rows."
    )
