"""The outlier detector on frames whose columns are not all numbers."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from autoenc import AutoEncoderDetector
from autoenc.analysis import AnomalyDetector
from autoenc.analysis.access import column_errors, row_errors
from autoenc.rows import DomainWarning
from autoenc.storage import ModelFileError, load_arrays, save_arrays
from tests.estimators.test_mixed import people

QUIET = {"random_state": 0, "verbose": False}
CITIES = ("Köln", "Oslo", "Rom")


@pytest.fixture(scope="module")
def frame():
    return people(600, missing=0.05)


@pytest.fixture(scope="module")
def detector(frame):
    return AutoEncoderDetector(**QUIET).fit(frame)


def logits(model, frame):
    """Entries, standardised entries, and pre-activations of the layer, in float64."""
    own, encoding = model.model_.arrays, model.model_.columns.encoding
    own = {name: array.astype(np.float64) for name, array in own.items()}
    x = encoding.encode(frame, 0)[0]
    if model.model_.scaling is not None:
        x = model.model_.scaling.forward(x)
    z = (np.arcsinh((x - own["center"]) / own["spread"]) - own["shift"]) / own["stretch"]
    seen = np.where(np.isnan(z), 0, z)
    for size, part in zip(encoding.sizes, encoding.slices, strict=True):
        if size:
            seen[:, part] *= np.nansum(x[:, part], axis=1, keepdims=True)
    code = np.tanh(seen @ (own["W"] * own["sees"]) + own["hidden_bias"])
    return x, z, code @ (own["W_prime"] * (1 - own["sees"].T)) + own["visible_bias"]


def oracle(model, train, frame, dependence=0.7):
    """Contributions by the definition: −log of frequencies, counted in the training rows."""
    x, z, a = logits(model, frame)
    x0, z0, a0 = logits(model, train)
    encoding, total = model.model_.columns.encoding, 0
    is_category = np.array(encoding.sizes) > 0
    for weight, view in ((1, "value"), (dependence, "residual")):
        entries, known = (np.zeros((len(rows), len(encoding.columns))) for rows in (x, x0))
        for k, (size, part) in enumerate(zip(encoding.sizes, encoding.slices, strict=True)):
            if not size:
                own, base = (z, z0) if view == "value" else (z - a, z0 - a0)
                own, base = own[:, part.start], base[:, part.start]
                entries[:, k], known[:, k] = polygon(base, own), polygon(base, base)
                continue
            observed = ~np.isnan(x0[:, part.start])
            n = observed.sum()
            for target, (given, pre) in ((entries, (x, a)), (known, (x0, a0))):
                q = softmax(pre[:, part])
                if view == "value":
                    q = x0[observed][:, part].mean(axis=0)
                chosen = (given[:, part] * q).sum(axis=1)
                target[:, k] = -np.log((n * chosen + 0.5) / (n + 0.5 * size))
        mean = np.nanmean(known, axis=0)
        own = np.nan_to_num(entries - mean)
        for kind in (is_category, ~is_category):
            deviation = np.nan_to_num(known - mean)[:, kind].sum(axis=1).std()
            if kind is is_category:
                deviation = max(deviation, 0.25 * np.sqrt(kind.sum()))
            own[:, kind] *= weight * np.sqrt(kind.mean()) / deviation
        total = total + own
    return total


def polygon(values, at, n_bins=20):
    """−log of the frequency polygon of values, at some places; NaN stays."""
    known = values[~np.isnan(values)]
    counts, edges = np.histogram(known, n_bins)
    width = edges[1] - edges[0]
    centres = np.append(edges - width / 2, edges[-1] + width / 2)
    found = np.interp(at, centres, [0.5, *(counts + 0.5), 0.5]) / (len(known) + 0.5 * n_bins)
    return -np.log(found)


def softmax(a):
    likelihoods = np.exp(a - a.max(axis=1, keepdims=True))
    return likelihoods / likelihoods.sum(axis=1, keepdims=True)


def test_contributions_are_those_of_numpy():
    def continuous(n, seed):
        """People of whom no number is on the edge of a cell, where rounding decides."""
        rng, found = np.random.default_rng(seed), people(n, seed, missing=0.05)
        moments = pd.to_timedelta(rng.integers(86_400, size=n), unit="s")
        return found.assign(size=found["size"].astype(float) + rng.random(n),
                            born=found["born"] + moments)  # fmt: skip

    train, new = continuous(600, 0), continuous(100, 9)
    new.loc[4, "city"] = "Atlantis"
    model = AutoEncoderDetector(dtype="float64", **QUIET).fit(train)
    for rows in (train, new):
        np.testing.assert_allclose(model.contributions(rows), oracle(model, train, rows), 0, 1e-6)
    observed = train.notna().to_numpy()
    mean = model.contributions(train).sum(axis=0) / observed.sum(axis=0)
    np.testing.assert_allclose(mean, 0, atol=1e-9)


def test_what_a_category_has_does_not_matter_to_its_own_probabilities(frame, detector):
    encoding = detector.model_.columns.encoding
    city, rows = encoding.slices[1], frame.dropna()[:50]
    probabilities = [
        softmax(logits(detector, rows.assign(city=value))[2][:, city])
        for value in (*CITIES, None, "Atlantis")
    ]
    for other in probabilities[1:]:
        np.testing.assert_array_equal(other, probabilities[0])
    moved = logits(detector, rows.assign(age=rows["age"] + 10))[2][:, city]
    assert (abs(softmax(moved) - probabilities[0]) > 0.1).any()
    sees = detector.model_.arrays["sees"]
    assert (sees[city] == sees[city.start]).all()


def young(n=1, **changes):
    """Rows of ordinary people of the first kind."""
    first = {"age": 20.0, "city": "Köln", "member": False, "born": np.datetime64("2000-01-15"),
             "size": 150}  # fmt: skip
    return pd.DataFrame([{**first, **changes}] * n)


def test_a_value_that_contradicts_the_others_is_found_and_blamed(detector, frame):
    assert detector.predict(young()) == [1]
    # Each city is as frequent as the others.
    strange = young(city="Rom")
    assert detector.predict(strange) == [-1]
    assert detector.p_values(strange) < 0.01
    assert list(frame)[detector.contributions(strange).argmax()] == "city"
    assert list(frame)[detector.contributions(young(age=60.0)).argmax()] == "age"


def test_rare_values_are_strange_and_unknown_ones_stranger():
    train = people(600)
    train.loc[:2, "city"] = "Bergen"
    model = AutoEncoderDetector(**QUIET).fit(train)
    city = [
        model.contributions(young(city=value))[0, 1] for value in ("Köln", "Bergen", "Atlantis")
    ]
    assert city == sorted(city)
    assert city[1] > city[0] + 1
    assert model.predict(young(city="Bergen")) == [-1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is what one looks for
        assert model.predict(young(city="Atlantis")) == [-1]
    assert model.score_samples(young(city=None)) > model.score_samples(young(city="Bergen"))
    assert model.contributions(young(city=None))[0, 1] == 0


def test_each_of_many_rare_values_is_as_rare_as_the_rarest_with_an_entry():
    rng = np.random.default_rng(0)
    names = np.where(rng.random(2000) < 0.3, [f"rare {k}" for k in range(1000)] * 2, "a")
    names[:10] = "b"
    frame = pd.DataFrame({"name": names, "x": rng.normal(size=2000)})
    model = AutoEncoderDetector(dependence=0, **QUIET).fit(frame)
    (column, _) = model.model_.columns.encoding.columns
    assert column.values == ("a", "b")
    assert column.other  # which is in 30 % of the rows
    values = ("a", "b", "rare 7", "never seen")
    found = model.contributions(pd.DataFrame({"name": values, "x": 0.0}))[:, 0]
    assert found[0] < found[1]
    np.testing.assert_allclose(found[1:], found[1], rtol=1e-5)


def test_files_pickles_and_polars_score_alike(frame, detector, tmp_path):
    detector.save(tmp_path / "m.safetensors")
    rows = people(50, seed=3, missing=0.1)
    methods = ("score_samples", "contributions", "p_values", "predict", "decision_function")
    for other in (
        AutoEncoderDetector.load(tmp_path / "m.safetensors"),
        pickle.loads(pickle.dumps(detector)),
        clone(detector).fit(frame),
    ):
        assert list(other.feature_names_in_) == list(frame)
        assert other.n_features_in_ == 5
        for method in methods:
            own, expected = getattr(other, method)(rows), getattr(detector, method)(rows)
            assert own.tobytes() == expected.tobytes()
    for method in methods:
        own = getattr(detector, method)(pl.from_pandas(rows))
        np.testing.assert_array_equal(own, getattr(detector, method)(rows))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _, e: e["columns"].pop(), "the number of entries of table.encoding"),
        (lambda a, _: a.update(value_mean=np.zeros((), "float32")), "value_frequency has shape"),
        (
            lambda a, _: a.update({n: v[:4] for n, v in a.items() if n[:5] in ("value", "resid")}),
            "the number of surprises",
        ),
    ],
)
def test_damaged_files_are_refused(change, said, detector, tmp_path):
    path = tmp_path / "m.safetensors"
    detector.save(path)
    arrays, description = load_arrays(path)
    change(arrays, description["table"]["encoding"])
    save_arrays(path, arrays, description)
    with pytest.raises(ModelFileError, match=said):
        AutoEncoderDetector.load(path)


def test_missing_entries_can_be_refused_and_empty_rows_have_no_score(frame):
    with pytest.raises(ValueError, match="X has NaN at row"):
        AutoEncoderDetector(missing="refuse", **QUIET).fit(frame)
    model = AutoEncoderDetector(**QUIET).fit(frame)
    assert (model.contributions(frame)[np.asarray(frame.isna())] == 0).all()
    # NumPy's booleans cannot be missing.
    empty = frame.astype({"member": object})[:2]
    empty.loc[0] = None
    with pytest.warns(DomainWarning, match="1 of 2 rows have no observed value"):
        scores = model.score_samples(empty)
    np.testing.assert_array_equal(np.isnan(scores), [True, False])


def test_no_kind_drowns_the_other(frame):
    """One category beside many numbers that are all but equal."""
    rng = np.random.default_rng(0)
    frame = frame.dropna()
    copies = {f"x{k}": frame["age"] + rng.normal(size=len(frame)) for k in range(20)}
    table = pd.DataFrame({**copies, "city": frame["city"]})
    model = AutoEncoderDetector(**QUIET).fit(table)
    other = dict(zip(CITIES, np.roll(CITIES, 1), strict=True))
    strange = table.assign(city=table["city"].map(other))
    both = np.append(model.score_samples(table), model.score_samples(strange))
    assert roc_auc_score(np.arange(len(both)) < len(table), both) > 0.9
    # In each view, the variance of a kind is the part of the columns that it is.
    surprises = model.model_._surprises
    views = np.split(model.model_._views(table), 2, axis=1)
    for surprise, view, weight in zip(surprises, views, (1, 0.7), strict=True):
        own = surprise.entries(view)
        assert own[:, :20].sum(axis=1).std() == pytest.approx(weight * np.sqrt(20 / 21), rel=1e-3)
        assert own[:, 20].std() <= weight * np.sqrt(1 / 21) * 1.001


def test_p_values_of_held_out_rows_are_valid(frame):
    model = AutoEncoderDetector(0.05, **QUIET).fit(frame, calibration=people(999, seed=5))
    p = model.p_values(people(1000, seed=6))
    for level in (0.01, 0.05, 0.2):
        limit = 4 * np.sqrt(level * (1 - level) * (1 / 1000 + 1 / 999))
        assert abs((p <= level).mean() - level) < limit
    again = AnomalyDetector(model, 0.05).fit(people(999, seed=5))
    np.testing.assert_allclose(again.p_values(people(50, seed=7)),
                               model.p_values(people(50, seed=7)), atol=1e-2)  # fmt: skip
    rows = people(20, seed=8)
    np.testing.assert_array_equal(again.contributions(rows), model.contributions(rows))
    np.testing.assert_array_equal(column_errors(model, rows), model.contributions(rows))
    np.testing.assert_array_equal(row_errors(model, rows), -model.score_samples(rows))


def test_training_is_validated_continued_and_resumed(frame, tmp_path):
    quick = {**QUIET, "n_updates": 30, "batch_size": 200}
    model = AutoEncoderDetector(warm_start=True, **quick)
    model.fit(frame, validation=people(100, seed=2).assign(city="Atlantis"))
    assert model.history_[-1]["valid_cost"] < model.history_[0]["valid_cost"]
    before = len(model.history_)
    model.fit(frame.assign(city=frame["city"].replace("Rom", "Atlantis")))
    assert len(model.history_) == 2 * before

    def stop(record):
        if record["epoch"] == 3:
            raise RuntimeError

    whole = AutoEncoderDetector(**quick).fit(frame)
    with pytest.raises(RuntimeError):
        clone(whole).fit(frame, checkpoint=tmp_path / "run", callbacks=[stop])
    again = clone(whole).fit(frame, checkpoint=tmp_path / "run", resume=True)
    for name, array in whole.model_.arrays.items():
        assert again.model_.arrays[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("backend", ["c", "xla", "numba"])
def test_backends_agree(backend, frame):
    how = {**QUIET, "dtype": "float64", "n_updates": 30}
    a, b = (AutoEncoderDetector(backend=name, **how).fit(frame) for name in (backend, "numba"))
    np.testing.assert_allclose(a.contributions(frame), b.contributions(frame), atol=1e-6)


def test_categories_alone_and_a_single_one_are_judged():
    rng = np.random.default_rng(0)
    a = rng.choice(["x", "y", "z"], 500)
    both = pd.DataFrame({"a": a, "b": np.char.add("of ", a)})
    model = AutoEncoderDetector(**QUIET).fit(both)
    strange = pd.DataFrame({"a": ["x", "x"], "b": ["of x", "of y"]})
    assert np.diff(model.score_samples(strange)) < -2
    assert np.diff(model.contributions(strange), axis=0).min() > 1  # both are to blame
    one = AutoEncoderDetector(**QUIET).fit(both[["a"]].assign(a=[*a[:-3], "w", "w", "w"]))
    scores = one.score_samples(pd.DataFrame({"a": ["x", "w", "v"]}))
    assert scores[0] > scores[1] > scores[2]


def test_the_order_of_columns_does_not_matter_and_others_are_refused(frame, detector):
    rows = frame[:20]
    shuffled = rows[["size", "born", "city", "age", "member"]]
    np.testing.assert_array_equal(detector.contributions(shuffled), detector.contributions(rows))
    with pytest.raises(ValueError, match="X has no column 'city'"):
        detector.score_samples(rows.drop(columns="city"))
    with pytest.raises(TypeError, match="expected a frame"):
        detector.score_samples(rows.to_numpy(object).tolist())


def test_dates_and_large_numbers_are_columns_like_others(frame):
    later = frame.assign(born=frame["born"] + pd.Timedelta(days=20_000), id=1.7e9 + frame["age"])
    model = AutoEncoderDetector(**QUIET).fit(later)
    strange = later.dropna()[:1].assign(born=np.datetime64("1900-01-01"))
    assert list(later)[model.contributions(strange).argmax()] == "born"
    assert replace(model.model_).scaling is not None
