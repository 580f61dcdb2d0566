"""Rows for a fitted model are examined once, one part at a time; messages are about all rows.

In these tests, a part has eight rows, and three rows fit into a cache.
"""

import warnings
from functools import partial

import numpy as np
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from autoenc import AutoEncoder
from autoenc.estimators import PerceptronClassifier, StackedDenoisingAutoEncoder
from autoenc.models.compiled import CompiledModel
from autoenc.rows import DomainWarning, domain

QUICK = {"n_epochs": 1, "random_state": 0, "verbose": False}
X = np.random.default_rng(0).random((30, 4)).astype("float32")
Y = np.arange(30) % 3
# In different units, so that an ordinary value of one column is extreme in another.
UNITS = (X * [1, 10, 100, 1000] - 500).astype("float32")
NEGATIVE = X - 0.5
MAKERS = {
    "unit": lambda: AutoEncoder(2, **QUICK).fit(X),
    "plain": lambda: AutoEncoder(2, cost="squared_error", scale=None, **QUICK).fit(X),
    "negative": lambda: AutoEncoder(2, cost="squared_error", scale=None, **QUICK).fit(NEGATIVE),
    "standard": lambda: AutoEncoder(2, **QUICK).fit(UNITS),
    "masked": lambda: AutoEncoder(2, missing="mask", **QUICK).fit(X),
    "stack": lambda: StackedDenoisingAutoEncoder((3, 2), **QUICK).fit(X),
    "classifier": lambda: PerceptronClassifier(2, **QUICK).fit(X, Y),
}
LAST = (29, 1)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr("autoenc.rows.blocks.VALUES_AT_A_TIME", 1)
    monkeypatch.setattr("autoenc.rows.blocks.LEAST_ROWS", 8)
    monkeypatch.setattr("autoenc.models.compiled.LEAST_ROWS", 8)
    monkeypatch.setattr("autoenc.rows.blocks.BYTES_AT_A_TIME", 50)


@pytest.fixture(scope="module")
def models():
    return {name: make() for name, make in MAKERS.items()}


@pytest.fixture
def looks(monkeypatch):
    """Number of values of each examination."""
    found = []

    def noted(original, rows, *rest, **options):
        found.append(rows.size)
        return original(rows, *rest, **options)

    for name in ("_extremes", "_are_from_zero_to"):
        monkeypatch.setattr(domain, name, partial(noted, getattr(domain, name)))
    return found


def changed(rows, *changes):
    rows = rows.copy()
    for at, value in changes:
        rows[at] = value
    return rows


def mapped(rows, folder):
    np.save(folder / "rows.npy", rows)
    return np.load(folder / "rows.npy", mmap_mode="r")


def use(model):
    return model.predict_proba if hasattr(model, "predict_proba") else model.transform


def rows_of(name):
    return {"standard": UNITS, "negative": NEGATIVE}.get(name, X)


# Refused


@pytest.mark.parametrize("kind", ["array", "map", "sparse"])
@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("name", MAKERS)
def test_the_last_value_is_refused(models, name, value, kind, tmp_path):
    value = -np.inf if name == "masked" else value
    rows = changed(rows_of(name), (LAST, value))
    rows = {"array": rows, "map": mapped(rows, tmp_path), "sparse": sparse.csr_array(rows)}[kind]
    with pytest.raises(ValueError, match=r"row 29, column 1 \(1 of 120 values is not finite\)"):
        use(models[name])(rows)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", ["negative", "standard"])
def test_rows_to_be_scored_are_refused_if_not_finite(models, name, value):
    rows = changed(rows_of(name), (LAST, value))
    with pytest.raises(ValueError, match=r"row 29, column 1 \(1 of 120 values is not finite\)"):
        models[name].score_samples(rows)


@pytest.mark.parametrize(
    ("method", "value", "what"),
    [
        ("transform", 255, "far outside"),
        ("reconstruct", -1e9, "far outside"),
        ("impute", 255, "far outside"),
        ("plot_reconstructions", 255, "far outside"),
        ("score_samples", 1.25, "outside"),
        ("score", 1.25, "outside"),
        ("report", 1.25, "outside"),
    ],
)
def test_values_in_several_parts_are_refused_together(models, method, value, what):
    rows = changed(X, ((9, 2), value), ((17, 0), value), (LAST, value))
    expected = rf"X has {value * 1.0} at row 9, column 2 \(3 of 120 values are {what} \[0, 1\]\)"
    with pytest.raises(ValueError, match=expected):
        getattr(models["unit"], method)(rows)


def test_codes_are_refused_wherever_they_are(models):
    codes = changed(X[:, :2], (LAST, np.nan), ((20, 0), np.nan))
    with pytest.raises(ValueError, match=r"codes has NaN at row 20, column 0 \(2 of 60 values"):
        models["unit"].inverse_transform(codes)


def test_validation_is_refused_wherever_it_is(models):
    for model in (models["unit"], models["stack"]):
        with pytest.raises(ValueError, match="validation has NaN at row 29"):
            model.fit(X, validation=changed(X, (LAST, np.nan)))


@pytest.mark.parametrize("name", ["unit", "classifier"])
def test_nothing_is_compiled_for_rows_whose_first_part_is_refused(name, monkeypatch):
    model = MAKERS[name]()
    compiled = []
    monkeypatch.setattr(CompiledModel, "function", lambda *_: compiled.append("model"))
    with pytest.raises(ValueError, match="row 3"):
        use(model)(changed(X, ((3, 0), np.nan)))
    assert compiled == []


# Values that cause a warning


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("unit", 1.5, "X has 3 of 120 values, in 3 of 30 rows, outside .* the furthest is 1.5 at"),
        ("masked", 1.5, "X has 3 of 120 values, in 3 of 30 rows, outside"),
        ("stack", 1.5, "X has 3 of 120 values, in 3 of 30 rows, outside"),
        ("plain", 40, r"X has 40.0 at row 2, column 1 \(3 of 120 values are far outside"),
        ("negative", 40, r"X has 40.0 at row 2, column 1 \(3 of 120 values are far outside"),
        ("classifier", 40, r"X has 40.0 at row 2, column 1 \(3 of 120 values are far outside"),
        # Column 3 has such values.
        ("standard", 400, r"X has 400.0 at row 2, column 1 \(3 of 120 values are far outside"),
    ],
)
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_there_is_one_warning_of_all_rows(models, name, value, expected, container):
    rows = changed(rows_of(name), ((2, 1), value), ((20, 1), value), (LAST, value))
    with pytest.warns(DomainWarning, match=expected) as found:
        got = use(models[name])(container(rows))
    assert len(found) == 1
    assert len(got) == 30
    assert np.isfinite(got).all()


def test_warnings_are_of_the_line_that_uses_the_model(models):
    unit, plain, classifier = (models[name] for name in ("unit", "plain", "classifier"))
    rows = changed(X, (LAST, 40))
    piped = make_pipeline(FunctionTransformer(), plain)
    for method in (
        unit.transform, unit.reconstruct, unit.impute, unit.plot_reconstructions, plain.transform,
        classifier.predict, classifier.predict_proba, piped.transform,
    ):  # fmt: skip
        with pytest.warns(DomainWarning) as found:
            method(rows)
        assert [w.filename for w in found] == [__file__]


def test_only_all_rows_tell_whether_bytes_were_divided():
    model = AutoEncoder(2, **QUICK).fit((X * 255).astype("uint8"))
    with pytest.warns(DomainWarning, match=r"float32 in \[0, 1\], but .* uint8 up to") as found:
        model.transform(X)
    assert len(found) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.transform(changed(X, (LAST, 200)))
        model.transform((X * 255).astype("uint8") // 255)


# Examined once


@pytest.mark.parametrize("name", ["unit", "plain", "masked", "stack", "classifier"])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_rows_are_looked_at_once(models, name, container, looks):
    use(models[name])(container(X))
    assert sum(looks) == X.size


@pytest.mark.parametrize("method", ["transform", "score_samples"])
def test_negative_rows_are_looked_at_once(models, method, looks):
    getattr(models["negative"], method)(NEGATIVE)
    assert sum(looks) == NEGATIVE.size
    assert max(looks) == 3 * 4


def test_columns_with_units_of_their_own_are_looked_at_once_more(models, looks):
    models["standard"].transform(UNITS)
    assert sum(looks) == 2 * UNITS.size


def test_floats_up_to_255_are_looked_at_once(looks):
    # Any three of these rows show that they were not divided.
    model = AutoEncoder(2, **QUICK).fit((X * 255).astype("uint8"))
    looks.clear()
    model.transform(np.tile(np.float32([0, 255, 3, 4]), (30, 1)))
    assert sum(looks) == X.size


def test_codes_are_looked_at_once(models, looks):
    models["unit"].inverse_transform(X[:, :2])
    assert sum(looks) == 60


def test_parts_go_through_the_model_as_soon_as_they_were_looked_at(models, looks, monkeypatch):
    seen_at = []
    monkeypatch.setattr(
        CompiledModel, "function", lambda *_: lambda part: (seen_at.append(sum(looks)), part)[1]
    )
    np.testing.assert_array_equal(models["unit"].transform(X), X)
    assert seen_at == [32, 64, 96, 120]


def test_after_a_warning_rows_are_not_looked_at_again(models, monkeypatch):
    hold, held = domain.Bounds.hold, []
    monkeypatch.setattr(
        domain.Bounds, "hold", lambda *a, **o: held.append(hold(*a, **o)) or held[-1]
    )
    with pytest.warns(DomainWarning):
        models["unit"].transform(changed(X, ((9, 1), 1.5)))
    assert held == [True, False]


# Result of an examination


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("allow_nan", [False, True])
@pytest.mark.parametrize("n", [1, 3, 30])
def test_the_domain_is_that_of_all_rows(dtype, allow_nan, n):
    rows = UNITS[:n].astype(dtype)
    if allow_nan:
        rows[0, 0] = np.nan
    found = domain.domain_of(rows, allow_nan=allow_nan)
    np.testing.assert_array_equal(found.minimum, np.fmin.reduce(rows, axis=0))
    np.testing.assert_array_equal(found.maximum, np.fmax.reduce(rows, axis=0))
    assert found.minimum.dtype == found.maximum.dtype == found.dtype == dtype


def verdict(check):
    """Whether there is neither a warning nor an error."""
    with warnings.catch_warnings(record=True, action="always") as found:
        try:
            check()
        except ValueError:
            return False
    return not found


@pytest.mark.parametrize(
    ("rows", "allow_nan", "expected"),
    [
        ([[0.5, 15]], False, True),
        ([[0.5, 15], [1, 20], [0, 10], [1, 20]], False, True),
        ([[0.5, 15], [1, 20], [0, 10], [1.5, 15]], False, False),
        ([[0.5, 15], [1, 20], [0, 10], [0.5, 20.5]], False, False),
        ([[0.5, np.nan]], False, False),
        ([[0.5, np.nan]], True, True),
        ([[0.5, np.nan], [0.5, 25]], True, False),
        ([[-0.5, np.nan], [np.nan, 15]], True, False),
    ],
)
def test_bounds_of_columns(rows, allow_nan, expected):
    for from_zero in (False, True):
        bounds = domain.Bounds(np.array([0, 10.0]), np.array([1, 20.0]), from_zero=from_zero)
        assert bounds.hold(np.array(rows), allow_nan=allow_nan) == expected


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("from_zero", [False, True])
def test_what_is_not_finite_is_within_no_bounds(value, from_zero):
    bounds = domain.Bounds(-np.inf, np.inf, from_zero=from_zero)
    for dtype in ("float32", "float64"):
        assert bounds.hold(np.array([[0, np.finfo(dtype).max]], dtype))
        assert not bounds.hold(np.array([[0, value]], dtype))


@pytest.mark.parametrize("allow_nan", [False, True])
@pytest.mark.parametrize("by_column", [False, True])
@pytest.mark.parametrize("lifted", [0, 500])
def test_rows_within_bounds_are_those_of_which_nothing_is_said(allow_nan, by_column, lifted):
    rng = np.random.default_rng(0)
    fitted = domain.domain_of(UNITS + np.float32(lifted))
    around = domain.bounds_around(fitted, UNITS, by_column=by_column)
    assert around.from_zero == bool(lifted)
    verdicts = []
    for _ in range(200):
        rows = UNITS[rng.integers(30, size=7)] + np.float32(lifted)
        rows += rng.choice([0.5, 1.5]) * rng.uniform(-1, 1, rows.shape) * np.ptp(UNITS, axis=0)
        if rng.random() < 0.3:
            rows[rng.integers(7), rng.integers(4)] = rng.choice([np.nan, np.inf, 450, 5000])

        def compare(rows=rows):
            found = domain.domain_of(rows, allow_nan=allow_nan)
            domain.compare(rows, found, fitted, by_column=by_column)

        verdicts.append(verdict(compare))
        assert around.hold(rows, allow_nan=allow_nan) == verdicts[-1]
    assert 20 < sum(verdicts) < 180


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_unit_interval_has_the_same_ends_in_a_look_and_in_a_check(dtype):
    fitted = domain.Domain(np.zeros(1, dtype), np.ones(1, dtype), dtype)
    for end in (-1e-6, 0, 1, 1 + 1e-6):
        value = np.asarray(end, dtype)
        for _ in range(20):
            value = np.nextafter(value, np.asarray(end - 1, dtype))
        for _ in range(40):
            value = np.nextafter(value, np.asarray(end + 1, dtype))
            rows = np.full((1, 1), value)
            found = domain.domain_of(rows)
            said = verdict(lambda r=rows, d=found: domain.check_unit_interval(r, d, fitted))
            assert domain.unit_bounds(fitted).hold(rows) == said
