"""Advice in words, derived from the contents of a report. Each rule is one function.

>>> from autoenc.analysis.units import UnitHealth
>>> health = UnitHealth(500, list(range(63)), [], [], 20.0)
>>> next(iter(about_dead_units("", health)))
'63 of 500 units are dead: they give every row the same code. Try a smaller learning rate, ...'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autoenc.analysis.histories import History
from autoenc.analysis.units import UnitHealth
from autoenc.analysis.yardsticks import Yardsticks
from autoenc.tables.text import counted

# Fractions above which a finding is reported.
UNITS = 0.05  # of all units
STILL_FALLING = 0.01  # of the cost, per epoch
RISING = 0.001
OVERFITTED = 0.25  # of the median error of training rows
TINY = 1e-300
VALID_ROSE = 0.01  # of the lowest validation cost
HARDLY_BETTER = 0.95  # of the error of the mean
ONE_COLUMN = 0.5  # of the error
COLLAPSED = 1.5  # effective codes

ALL_WELL = "Nothing stands out that should be changed."


def advise(
    yardsticks: Yardsticks,
    median_errors: tuple[float, float | None],
    columns: list[str],
    error_shares: list[float],
    layers: list[tuple[UnitHealth, History | None]],
    together: History | None = None,
) -> list[str]:
    """Return a list of advice, or one sentence that nothing stands out if no rule applies.

    Median errors are those of held-out rows and of training rows. The last history is the joint
    training of all layers.
    """
    sentences: list[str] = [
        *about_yardsticks(yardsticks),
        *about_overfitting(*median_errors),
        *about_columns(columns, error_shares, standardised=yardsticks.standardised),
    ]
    for number, (units, history) in enumerate(layers, start=1):
        where = f"layer {number}: " if len(layers) > 1 else ""
        sentences += about_units(where, units)
        sentences += [] if history is None else about_history(where, history)
    sentences += [] if together is None else about_history("", together)
    return [sentence[0].upper() + sentence[1:] for sentence in sentences] or [ALL_WELL]


def about_yardsticks(found: Yardsticks) -> Iterator[str]:
    """Report baselines that the model should surpass but does not."""
    model = found.model
    name = "error" if found.cost_name == "mixed" else "squared error"
    own, mean, pca = (found.squared(errors) for errors in (model, found.mean, found.pca))
    if model.cost >= found.untrained.cost:
        yield (
            f"The model, at a cost of {model.cost:.4g}, is no better than with random "
            f"weights ({found.untrained.cost:.4g}): training has not helped. Try a smaller "
            "learning rate."
        )
    elif own >= HARDLY_BETTER * mean:
        little = "no" if own >= mean else "hardly"
        yield (
            f"The {name}, {own:.4g}, is {little} better than that of the mean row "
            f"({mean:.4g}): little has been learned yet. Train longer, or try a larger learning "
            "rate."
        )
    # PCA of other rows than the model was fitted on says nothing about the model.
    if found.is_fair and found.n_components < found.n_columns and own >= pca:
        other_cost = " and with squared error" if found.cost_name == "cross_entropy" else ""
        yield (
            f"In {name} the model ({own:.4g}) is no better than PCA with "
            f"{counted(found.n_components, 'component')} ({pca:.4g}). If reconstruction is the "
            f"aim, use PCA, or train longer{other_cost}; if the codes are, evaluate them on their "
            "task."
        )


def about_overfitting(error: float, train_error: float | None) -> Iterator[str]:
    """Report how much larger the median error is on held-out rows."""
    if train_error is not None and error > (1 + OVERFITTED) * train_error:
        yield (
            f"The median error, {error:.4g}, is {error / max(train_error, TINY) - 1:.0%} above "
            f"that of training rows ({train_error:.4g}): the model overfits. Try "
            "more corruption, an l2 penalty, fewer units, or more data."
        )


def about_columns(names: list[str], shares: list[float], *, standardised: bool) -> Iterator[str]:
    """Report a column that accounts for most of the error."""
    largest = max(range(len(shares)), key=shares.__getitem__)
    if len(shares) > 2 and shares[largest] > ONE_COLUMN:
        advice = (
            "the model hardly predicts it from the other columns. Try more units, or leave the "
            "column out."
            if standardised
            else "do all columns have the same scale? Try scikit-learn's StandardScaler or "
            "MinMaxScaler."
        )
        yield f"{names[largest]!r} alone has {shares[largest]:.0%} of the error: {advice}"


def about_units(where: str, units: UnitHealth) -> Iterator[str]:
    """Report dead, saturated, duplicate and collapsed units."""
    yield from about_dead_units(where, units)
    stuck = set(units.saturated or []) - set(units.dead)
    if _many(stuck, units):
        yield (
            f"{where}{len(stuck)} of {units.n_units} units are saturated: at a bound of their "
            "activation for nearly all rows, where they hardly learn. Try data on a smaller "
            "scale, a smaller learning rate, or an l2 penalty."
        )
    if _many(units.duplicates, units):
        yield (
            f"{where}{len(units.duplicates)} of {units.n_units} units duplicate another unit. "
            "Try fewer units, more corruption, or longer training."
        )
    if units.n_units > 2 and 0 < units.effective < COLLAPSED:
        yield (
            f"{where}the codes of {units.n_units} units vary along one direction only "
            f"(effective number {units.effective:.1f}). Try a smaller learning rate, centred "
            "data, or another seed."
        )


def about_dead_units(where: str, units: UnitHealth) -> Iterator[str]:
    """Report the number of dead units."""
    if _many(units.dead, units):
        yield (
            f"{where}{len(units.dead)} of {units.n_units} units are dead: they give every row "
            "the same code. Try a smaller learning rate, data on a smaller scale, or fewer units."
        )


def about_history(where: str, history: History) -> Iterator[str]:
    """Report training that stopped too early or too late, or that diverged."""
    best, last = history.best_valid_cost, history.last_valid_cost
    overshot = best is not None and last is not None and last > best + VALID_ROSE * abs(best)
    if overshot:
        yield (
            f"{where}the validation cost was lowest after epoch {history.best_epoch} "
            f"({best:.4g}) and has risen to {last:.4g}: use early stopping, or try more "
            "corruption."
        )
    if history.fall is None or not history.has_trend:
        return
    if history.fall > STILL_FALLING and not overshot:
        yield f"{where}the cost was still falling by {history.fall:.1%} per epoch: train longer."
    if history.fall < -RISING:
        yield (
            f"{where}the cost was rising by {-history.fall:.1%} per epoch at the end: try a "
            "smaller learning rate, or one that decays."
        )


def _many(found: Iterable[object], units: UnitHealth) -> bool:
    return len(list(found)) > UNITS * units.n_units
