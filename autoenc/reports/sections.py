"""The sections of a page, in the order of a reader's questions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from autoenc import analysis
from autoenc.analysis.access import coder_of
from autoenc.analysis.evaluation import error_name, missing_text
from autoenc.plotting.tiles import scale_of
from autoenc.reports import pictures
from autoenc.reports.charts import MOST_POINTS, code_chart, cost_chart, curves
from autoenc.reports.numbers import shown
from autoenc.reports.page_parts import Bar, Card, Grid, Group, Picture, Section
from autoenc.reports.subject import Subject
from autoenc.tables.text import counted

Array: TypeAlias = np.ndarray[Any, Any]

MOST_FILTERS = 100
MOST_UNITS = 9
MOST_COLUMNS = 5
IMAGES, TABLES = 6, 2  # numbers of examples of each kind, if rows are images and if they are not
STRANGEST = 6
LISTED = 20
COLUMNS_LISTED = 12
_STANDARDISED = (
    "The model standardises columns: squared errors, and PCA, refer to standardised columns."
)


def sections_of(subject: Subject) -> list[Section]:
    """Make all sections for which the model and the rows provide contents."""
    measured = [] if subject.rows is None else _measured(subject)
    found = [*measured[:1], _summary(subject), *measured[1:]]
    history = coder_of(subject.model).history
    if curves(history):
        found.append(_training(history))
    found.append(_filters(subject))
    if subject.rows is not None:
        found += [_examples(subject), _codes(subject)]
    return found


def _summary(subject: Subject) -> Section:
    model = subject.model
    sizes = [subject.n_columns, *(layer.n_codes for layer in coder_of(model).coders)]
    text = f"{type(model).__name__}, {' → '.join(f'{n:,}' for n in sizes)} numbers per row."
    settings = [(name, _setting(value)) for name, value in model.get_params().items()]
    versions = subject.description.get("versions", {})
    grids = [
        Grid("Data", ("", ""), _data_rows(subject)),
        Grid("Settings", ("setting", "value"), settings, is_folded=True),
    ]
    if versions:
        grids.append(Grid("Versions", ("", "version"), list(versions.items()), is_folded=True))
    return Section("summary", "Summary", [text, _engine(model)], grids=grids)


def _engine(model: Any) -> str:
    fitted = coder_of(model)
    return f"Trained on {fitted.engine or 'unknown'}; seed {fitted.seed}."


def _data_rows(subject: Subject) -> list[tuple[str, str | float]]:
    rows: list[tuple[str, str | float]] = [("columns", subject.n_columns)]
    if subject.image_shape is not None:
        rows.append(("image", " × ".join(map(str, subject.image_shape))))  # noqa: RUF001
    if subject.rows is None:
        return [*rows, ("rows", "none given: only the model itself is described")]
    return [
        ("source", subject.data_name or "unnamed"),
        ("rows", len(subject.rows)),
        *rows,
        *_missing_rows(subject),
        ("fingerprint", subject.fingerprint),
    ]


def _missing_rows(subject: Subject) -> list[tuple[str, str | float]]:
    n = int(subject.n_missing.sum())
    if n == 0:
        return []
    of_all = n / (len(subject.n_missing) * subject.n_columns)
    return [("missing values", f"{n:,}, {of_all:.1%}")]


def _setting(value: Any) -> str:
    return getattr(value, "__qualname__", None) or repr(value)


def _measured(subject: Subject) -> list[Section]:
    """Make the sections from `autoenc.analysis.evaluation`: verdict, advice, yardsticks, units."""
    found = analysis.report(
        subject.model, subject.rows, X_train=subject.train_rows, X_held_out=subject.held_out
    )
    found = replace(found, columns=list(subject.column_names))
    return [
        Section("verdict", "Verdict", [found.verdict], points=found.advice),
        _yardsticks(found),
        _units(found),
        _columns(subject, found),
    ]


def _yardsticks(found: analysis.Report) -> Section:
    y = found.yardsticks
    named = y.named()
    most = max(errors.mean_squared for errors in named.values()) or 1.0
    rows = [
        (name, Bar(name, shown(e.mean_squared), e.mean_squared / most), shown(e.cost))
        for name, e in named.items()
    ]
    head = ("", "mean squared error", error_name(y.cost_name))
    return Section(
        "yardsticks",
        "Baselines",
        [
            f"Measured on {counted(found.n_rows, 'row')}. A model is useful if its error is below "
            "those of the others; if it is linear, its squared error cannot be below that of PCA.",
            *([_STANDARDISED] if y.standardised else []),
            *([f"{missing_text(found)}."] if found.missing else []),
        ],
        grids=[Grid("Errors of the model and of the baselines", head, rows)],
    )


def _units(found: analysis.Report) -> Section:
    many = len(found.layers) > 1
    rows = [
        (
            f"layer {number}" if many else "code",
            layer.units.n_units,
            _counted(layer.units.dead),
            "–" if layer.units.saturated is None else _counted(layer.units.saturated),  # noqa: RUF001
            _counted([unit for unit, _ in layer.units.duplicates]),
            f"{layer.units.effective:.1f}",
        )
        for number, layer in enumerate(found.layers, start=1)
    ]
    head = ("", "units", "dead", "saturated", "duplicate", "effective number")
    text = (
        "A dead unit gives every row the same code; a saturated unit is at a bound of its "
        "activation; a duplicate unit is equivalent to another one. The effective number is the "
        "number of uncorrelated units with equal variances that would vary as much."
    )
    return Section("units", "Health of the units", [text], grids=[Grid("Units", head, rows)])


def _counted(units: list[int]) -> str:
    """Count units, and list their numbers if they are few."""
    if not units:
        return "0"
    listed = ", ".join(map(str, units[:LISTED]))
    return f"{len(units)}: {listed}{' …' if len(units) > LISTED else ''}"


def _columns(subject: Subject, found: analysis.Report) -> Section:
    shares = np.array(found.error_shares)
    title = "Where the error is"
    if subject.image_shape is not None:
        picture = _picture(
            pictures.share_picture(shares, subject.image_shape),
            "Share of each pixel in the error: the darker, the larger.",
            "Share of each pixel in the error; the largest is black.",
            subject.image_shape,
        )
        return Section("columns", title, pictures=[picture])
    largest = np.argsort(-shares, kind="stable")[:COLUMNS_LISTED]
    top = max(float(shares[largest[0]]), 1e-30)
    rows = [
        (
            subject.column_names[i],
            Bar(subject.column_names[i], f"{shares[i]:.1%}", max(0.0, float(shares[i]) / top)),
        )
        for i in largest
    ]
    grid = Grid("Columns by their share of the error", ("column", "share"), rows)
    return Section("columns", title, grids=[grid])


def _training(history: list[dict[str, Any]]) -> Section:
    chart = cost_chart(history)
    found = curves(history)
    rows = [(f"{name}, epoch {x:g}", y) for name, points in found.items() for x, y in points]
    ranges = [
        f"{name} from {shown(points[0][1])} to {shown(points[-1][1])}"
        for name, points in found.items()
    ]
    return Section(
        "training",
        "Training",
        [f"{counted(len(history), 'epoch')}."],
        grids=[Grid("Cost of each epoch", ("", "cost"), rows, is_folded=True)],
        chart=chart,
        chart_text=f"Curve of the cost of each epoch: {'; '.join(ranges)}.",
    )


def _filters(subject: Subject) -> Section:
    filters = coder_of(subject.model).coders[0].arrays["W"].T
    title = "Weights of the units"
    n = min(len(filters), MOST_FILTERS)
    of_all = f"the first {n} of {len(filters):,}" if n < len(filters) else f"all {n}"
    if subject.image_shape is not None:
        height, width = subject.image_shape[:2]
        columns, lines = min(n, pictures.COLUMNS), -(-n // pictures.COLUMNS)
        picture = _picture(
            pictures.filter_grid(filters[:n], subject.image_shape),
            f"Weights of {of_all} units of the lowest layer as images.",
            f"Weights of {of_all} units, each scaled to its own range: "
            + pictures.filter_scale(subject.image_shape),
            (lines * (height + 1) - 1, columns * (width + 1) - 1),
        )
        return Section("filters", title, pictures=[replace(picture, is_large=True)])
    order = np.argsort(-np.abs(filters).max(axis=1), kind="stable")[:MOST_UNITS]
    cards = [_unit_card(subject, filters, int(unit)) for unit in order]
    text = f"The {len(cards)} of {len(filters):,} units with the largest weights, and the columns."
    return Section("filters", title, [text], groups=[Group("", cards)])


def _unit_card(subject: Subject, filters: Array, unit: int) -> Card:
    weights = filters[unit]
    order = np.argsort(-np.abs(weights), kind="stable")[:MOST_COLUMNS]
    most = float(np.abs(weights[order[0]])) or 1.0
    rows = [
        (
            subject.entry_names[i],
            Bar(
                subject.entry_names[i],
                shown(float(weights[i])),
                float(abs(weights[i])) / most,
                is_negative=bool(weights[i] < 0),
            ),
        )
        for i in order
    ]
    grid = Grid(f"Largest weights of unit {unit}", ("column", "weight"), rows)
    return Card(f"Unit {unit}", "", grid=grid)


def _examples(subject: Subject) -> Section:
    k = min(TABLES if subject.is_tabular else IMAGES, len(subject.order) // 2)
    best, worst = subject.order[:k], subject.order[::-1][:STRANGEST]
    text = (
        f"The error of a row is the {subject.error_name} of its reconstruction: "
        f"{shown(float(np.nanmean(subject.errors)))} on average here. The rows with the largest "
        "errors are the most unusual; their cards show where the error is."
    )
    groups = [
        Group(
            "Reconstructed worst", _row_cards(subject, worst, with_shares=True), subject.is_tabular
        ),
        Group("Reconstructed best", _row_cards(subject, best), subject.is_tabular),
    ]
    texts = [text, *_missing_texts(subject), *_p_value_texts(subject)]
    return Section("reconstructions", "Best and worst rows", texts, groups=groups)


def _missing_texts(subject: Subject) -> list[str]:
    """Describe how cards show missing values, if there are any."""
    if not subject.n_missing.any():
        return []
    if subject.is_tabular:
        return ["Missing values have an output, but do not contribute to the error."]
    return ["Pixels that are missing in the input are blue; they do not contribute to the error."]


def _p_value_texts(subject: Subject) -> list[str]:
    if subject.p_values is None:
        return ["There are no p-values, because no held-out rows were given."]
    assert subject.held_out is not None
    return [
        f"p-values are calibrated on {len(subject.held_out):,} held-out rows: on average, at most "
        "5 in 100 rows like those have a p-value of 0.05 or less."
    ]


def _row_cards(subject: Subject, indices: Array, *, with_shares: bool = False) -> list[Card]:
    again = subject.reconstructions(indices)
    shares = subject.contributions(indices)
    cards = zip(map(int, indices), again, shares, strict=True)
    if subject.image_shape is None:
        return [_table_card(subject, *card) for card in cards]
    return [_image_card(subject, *card, with_shares) for card in cards]


def _image_card(subject: Subject, i: int, again: Array, shares: Array, with_shares: bool) -> Card:
    assert subject.image_shape is not None
    shape, row = subject.image_shape, subject.numbers[i]
    low, high = scale_of(row)
    name = subject.name_of_row(i)
    drawn = [
        _picture(pictures.row_picture(row, shape, low, high), f"Row {name}.", "input", shape),
        _picture(
            pictures.row_picture(again, shape, low, high),
            f"Reconstruction of row {name}.",
            "output",
            shape,
        ),
    ]
    if with_shares:
        drawn.append(
            _picture(
                pictures.share_picture(shares, shape),
                f"Where the error of row {name} is.",
                "error",
                shape,
            )
        )
    return Card(f"Row {name}", _row_text(subject, i), drawn)


def _table_card(subject: Subject, i: int, again: Array, shares: Array) -> Card:
    (values,) = subject.values(subject.numbers[i : i + 1])
    (back,) = subject.values(again[None])
    order = np.argsort(-shares, kind="stable")[:MOST_COLUMNS]
    top = max(float(shares[order[0]]), 1e-30)
    rows = [
        (
            subject.column_names[j],
            values[j],
            back[j],
            Bar(
                subject.column_names[j],
                shown(float(shares[j])),
                max(0.0, float(shares[j]) / top),
            ),
        )
        for j in order
    ]
    name = subject.name_of_row(i)
    grid = Grid(f"Row {name} by columns", ("column", "input", "output", "error"), rows)
    return Card(f"Row {name}", _row_text(subject, i), grid=grid)


def _row_text(subject: Subject, i: int) -> str:
    text = f"error {shown(float(subject.errors[i]))}"
    if subject.labels is not None:
        text = f"{subject.labels[i]}, {text}"
    if subject.p_values is not None:
        text += f", p {subject.p_values[i]:.3g}"
    if subject.n_missing[i]:
        text += f", {subject.n_missing[i]:,} of {subject.n_columns:,} values missing"
    return text


def _codes(subject: Subject) -> Section:
    chosen = np.sort(subject.order)
    n = len(chosen)
    if n > MOST_POINTS:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, MOST_POINTS, replace=False))
    chart = code_chart(
        subject.codes(chosen),
        [subject.name_of_row(int(i)) for i in chosen],
        subject.errors[chosen],
        None if subject.labels is None else subject.labels[chosen],
    )
    drawn = f"{len(chosen):,} of {n:,} rows, drawn at random" if n > MOST_POINTS else "all rows"
    return Section(
        "codes",
        "Codes",
        [f"The codes of {drawn}, projected onto the plane of their largest variance."],
        chart=chart,
        chart_text=f"Points for the codes of {drawn}.",
        has_finder=True,
    )


def _picture(uri: str, alt: str, caption: str, shape: tuple[int, ...]) -> Picture:
    return Picture(uri, alt, caption, width=shape[1], height=shape[0])
