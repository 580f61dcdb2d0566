"""Data and settings that are refused, with the message, and those that are handled.

One table lists the estimator, the call, and the message of the error, or "handled". Messages state
the value, its position and the remedy.
"""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import (
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.rows import DomainWarning
from autoenc.training import EpochPatience

X = np.linspace(0, 1, 120, dtype="float32").reshape(30, 4)
Y = np.arange(30) % 3
QUICK = {"n_epochs": 1, "verbose": False, "random_state": 0}
MAKERS = {
    "ae": lambda **s: AutoEncoder(**{"n_hidden": 2, **QUICK, **s}),
    "dae": lambda **s: DenoisingAutoEncoder(**{"n_hidden": 2, **QUICK, **s}),
    "stack": lambda **s: StackedDenoisingAutoEncoder(**{"hidden_sizes": (3, 2), **QUICK, **s}),
    "softmax": lambda **s: SoftmaxClassifier(**{**QUICK, **s}),
    "perceptron": lambda **s: PerceptronClassifier(**{"n_hidden": 2, **QUICK, **s}),
    "tuned": lambda **s: StackedDenoisingClassifier(
        **{"hidden_sizes": (3, 2), "pretraining_epochs": 1, **QUICK, **s}
    ),
}
EVERY = tuple(MAKERS)
CODERS = ("ae", "dae")
CLASSIFIERS = ("softmax", "perceptron", "tuned")
HANDLED = "handled"


def holed(value, row=3, column=2, dtype="float32"):
    changed = X.astype(dtype)
    changed[row, column] = value
    return changed


def frame(value=0.5, name="age"):
    data = pd.DataFrame(X, columns=["weight", "height", name, "size"]).astype(object)
    data.loc[3, name] = value
    return data


def read_only():
    locked = X.copy()
    locked.setflags(write=False)
    return locked


def mapped():
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/rows.npy", X)
        return np.load(f"{folder}/rows.npy", mmap_mode="r")


def wide(a):
    return a.sum(axis=1, keepdims=True)


def double(a):
    return a.astype("float64")


def beyond_one(a):
    return 2 + 0 * a


def no_expression(a):
    return 3


# Data: the estimator, its data, and the outcome.
DATA = [
    (EVERY, "NaN", lambda: holed(np.nan), r"X has NaN at row 3, column 2 \(1 of 120 values is"),
    (EVERY, "infinity", lambda: holed(np.inf), r"X has inf at row 3, column 2 .* Remove such"),
    (EVERY, "-infinity", lambda: holed(-np.inf), "X has -inf at row 3, column 2"),
    (EVERY, "1-D", lambda: X[0], "Expected 2D array, got 1D array"),
    (EVERY, "3-D", lambda: X[np.newaxis], "dim 3"),
    (EVERY, "no rows", lambda: X[:0], r"0 sample\(s\)"),
    (EVERY, "no columns", lambda: X[:, :0], r"0 feature\(s\)"),
    (EVERY, "a number", lambda: np.float32(3), "Expected 2D array, got scalar"),
    (EVERY, "complex", lambda: X * 1j, "Complex data not supported"),
    (EVERY, "words", lambda: holed("three", dtype=object), "X has 'three' at row 3, column 2, wh"),
    (EVERY, "a dict", lambda: holed({}, dtype=object), r"X has \{\} at row 3, column 2, which is"),
    (EVERY, "words in a frame", lambda: frame("old"), r"'old' at row 3, column 2 \('age'\).*One"),
    (EVERY, "NaN in a frame", lambda: frame(np.nan).astype(float), r"row 3, column 2 \('age'\)"),
    (EVERY, "dates", lambda: X.astype("int64").astype("datetime64[s]"), "which is a time and"),
    (EVERY, "integers beyond float32", lambda: holed(2**24 + 1, dtype="int64"), HANDLED),
    (EVERY, "times in seconds", lambda: np.arange(30)[:, None] + 1_700_000_000.0, HANDLED),
    (EVERY, "integers that float64 makes equal",
     lambda: (X * 100).astype("int64") + 2**60 * np.eye(4, dtype="int64")[2],
     "in column 2; float64 holds so few different numbers"),
    (EVERY, "such integers in a frame",
     lambda: pd.DataFrame({"a": [1.0, 2] * 20, "id": 2**60 + np.arange(40)}),
     r"in column 1 \('id'\); float64 holds so few different numbers"),
    (EVERY, "float64 that cannot be squared", lambda: holed(1e200, dtype="float64"),
     r"X has values up to 1e\+200 in column 2, whose squares are beyond"),
    (EVERY, "beyond float32", lambda: holed(1e39, dtype="float64"),
     r"X has 1e\+39 at row 3, column 2 .*too large for float32"),
    (EVERY, "NaN in a sparse matrix", lambda: sparse.csr_array(holed(np.nan)), "NaN at row 3, co"),
    (CODERS, "masked array", lambda: np.ma.MaskedArray(X, X > 0.9), "X has NaN at row"),
    (("ae", "softmax"), "float32 in Fortran order", lambda: np.asfortranarray(X), HANDLED),
    (("ae", "softmax"), "every other row", lambda: X.repeat(2, axis=0)[::2], HANDLED),
    (("ae", "softmax"), "float64", lambda: X.astype("float64"), HANDLED),
    (("ae", "softmax"), "float16", lambda: X.astype("float16"), HANDLED),
    (("ae", "softmax"), "lists", X.tolist, HANDLED),
    (("ae", "softmax"), "bool", lambda: X > 0.5, HANDLED),
    (("ae", "softmax"), "bytes", lambda: (X * 255).astype("uint8"), HANDLED),
    (("ae", "softmax"), "numbers in an object array", lambda: X.astype(object), HANDLED),
    (("ae", "softmax"), "read-only", read_only, HANDLED),
    (("ae", "softmax"), "memory map", mapped, HANDLED),
    (("ae", "softmax"), "CSR", lambda: sparse.csr_array(X), HANDLED),
    (("ae", "softmax"), "CSC", lambda: sparse.csc_matrix(X), HANDLED),
    (("ae", "softmax"), "frame", frame, HANDLED),
    (("ae", "stack", "tuned"), "values outside [0, 1]", lambda: X * 9 - 4, HANDLED),
    (("ae", "softmax"), "one column", lambda: X[:, :1], HANDLED),
    (("ae", "softmax"), "constant columns", lambda: X * 0 + 7, HANDLED),
]  # fmt: skip

# Settings, which are refused for any data.
SETTINGS = [
    (CODERS, {"n_hidden": 0}, "n_hidden is 0; expected an integer of at least 1"),
    (CODERS, {"n_hidden": -3}, "n_hidden is -3; expected an integer of at least 1"),
    (CODERS, {"n_hidden": 2.5}, "n_hidden is 2.5; expected an integer"),
    (CODERS, {"n_hidden": True}, "n_hidden is True; expected an integer"),
    (("perceptron",), {"n_hidden": 0}, "n_hidden is 0; expected an integer"),
    (
        ("stack", "tuned"),
        {"hidden_sizes": ()},
        r"hidden_sizes is \(\); expected the number of units",
    ),
    (
        ("stack", "tuned"),
        {"hidden_sizes": 500},
        "hidden_sizes is 500; expected the number of units",
    ),
    (("stack", "tuned"), {"hidden_sizes": (3, 0)}, r"hidden_sizes has 0 in \(3, 0\); expected an"),
    (("stack", "tuned"), {"corruption": (0.1, 0.2, 0.3)}, "corruption has 3 values"),
    (("dae", "stack", "tuned"), {"corruption": 1.5}, "corruption level is 1.5; expected a prob"),
    (("dae", "stack", "tuned"), {"corruption": -0.1}, "corruption level is -0.1"),
    (("dae",), {"corruption": ("rain", 0.1)}, "corruption 'rain' is not known"),
    (("dae",), {"corruption": "lots"}, "corruption is 'lots'; expected a level"),
    (EVERY, {"learning_rate": -0.1}, "learning_rate is -0.1; expected a number > 0"),
    (EVERY, {"learning_rate": 0}, "learning_rate is 0; expected a number > 0"),
    (EVERY, {"learning_rate": np.nan}, "learning_rate is nan; expected a number"),
    (EVERY, {"learning_rate": "fast"}, "learning_rate is 'fast'; expected a number"),
    (EVERY, {"momentum": 1.0}, r"momentum is 1.0; expected a number in \[0, 1\)"),
    (EVERY, {"batch_size": 0}, "batch_size is 0; expected an integer of at least 1"),
    (EVERY, {"batch_size": 10.0}, "batch_size is 10.0; expected an integer"),
    (("ae", "softmax"), {"batch_size": 10_000}, HANDLED),
    (EVERY, {"n_epochs": 0}, "n_epochs is 0; expected an integer of at least 1"),
    (EVERY, {"shuffle": "yes"}, "shuffle is 'yes'; expected True or False"),
    (EVERY, {"warm_start": 1}, "warm_start is 1; expected True or False"),
    (CODERS, {"tied": None}, "tied is None; expected True or False"),
    (EVERY, {"validation_fraction": 1.0}, r"validation_fraction is 1.0; expected .* \(0, 1\)"),
    (
        CLASSIFIERS,
        {"validation_fraction": 0.001},
        "validation_fraction is 0.001, which is not",
    ),
    (EVERY, {"early_stopping": EpochPatience()}, "early_stopping needs validation="),
    (EVERY, {"early_stopping": True, "validation_fraction": 0.5}, "early_stopping is True; expec"),
    (
        ("ae", "stack", "tuned"),
        {"cost": "hinge"},
        "cost is 'hinge'; expected one of auto, cross_e",
    ),
    (("ae", "stack", "tuned"), {"scale": "big"}, "scale is 'big'; expected one of auto, standard"),
    (CODERS, {"output": "linear", "cost": "cross_entropy"}, "which needs reconstructions in"),
    (CODERS, {"scale": "standard", "cost": "cross_entropy"}, "standardised columns are not in"),
    (CODERS, {"missing": "ignore"}, "missing is 'ignore'; expected one of auto, refuse, mask"),
    (CODERS, {"init": "zeros"}, "init is 'zeros'; expected one of uniform, gaussian"),
    (CODERS, {"init": lambda rng, n, k: np.zeros(3)}, r"init returns weights of shape \(3,\)"),
    (("ae", "stack", "perceptron"), {"activation": "sigmiod"}, "activation 'sigmiod' is not kno"),
    (CODERS, {"activation": wide}, r"activation returns shape \(30, 1\) for \(30, 2\)"),
    (CODERS, {"activation": double}, "activation returns float64 for float32"),
    (CODERS, {"activation": no_expression}, "activation returns int for float32"),
    (CODERS, {"output": beyond_one}, r"output gives 2.0 on the first rows; .* \(0, 1\)"),
    (CODERS, {"l1": -1}, "l1 is -1; expected a number >= 0"),
    (EVERY[:2] + CLASSIFIERS, {"l2": np.inf}, "l2 is inf; expected a number >= 0"),
    (CODERS, {"contraction": -0.5}, "contraction is -0.5; expected a number >= 0"),
    (CODERS, {"sparsity_target": 0}, r"sparsity_target is 0; expected a number in \(0, 1\)"),
    (CODERS, {"optimizer": "lbfgs"}, "optimizer 'lbfgs' is not known; expected one of"),
    (CLASSIFIERS, {"dropout": 1.0}, r"dropout is 1.0; expected a number in \[0, 1\)"),
    (CLASSIFIERS, {"dropout": (0.1,) * 7}, "dropout has 7 probabilities"),
    (CLASSIFIERS, {"noise": -0.1}, r"noise is -0.1; expected a number >= 0"),
    (CLASSIFIERS, {"noise": (0.1,) * 7}, "noise has 7 deviations"),
    (CLASSIFIERS, {"learning_rate_decay": 1.5}, r"learning_rate_decay is 1.5; expected a factor"),
    (EVERY, {"backend": "theano"}, "backend 'theano' is not known"),
    (EVERY, {"device": "gpu"}, "device is 'gpu'; expected 'cpu', 'cuda'"),
    (EVERY, {"dtype": "float16"}, "dtype is 'float16'; expected one of float32, float64"),
]

# Labels.
LABELS = [
    (CLASSIFIERS, "NaN", np.where(Y == 2, np.nan, Y), "y has NaN at row 2 .*left out"),
    (CLASSIFIERS, "None", np.where(Y == 2, None, Y), "y has None at row 2; .*left out"),
    (CLASSIFIERS, "fractions", Y + 0.5, "Unknown label type: continuous"),
    (CLASSIFIERS, "one class", Y * 0 + 3, "y has only one class, 3; expected at least two"),
    (CLASSIFIERS, "too few", Y[:4], "y has 4 labels and X 30 rows"),
    (CLASSIFIERS, "two columns", np.stack([Y, Y], axis=1), "Unknown label type|1d array"),
    (CLASSIFIERS, "nothing", None, "y to be passed"),
    (CLASSIFIERS, "words", np.array(["a", "b", "c"])[Y], HANDLED),
    (CLASSIFIERS, "bool", Y == 0, HANDLED),
]

# Weights of rows.
WEIGHTS = [
    (EVERY, "negative", np.where(Y == 1, -2.0, 1.0), "sample_weight has -2.0 at row 1; expected"),
    (EVERY, "NaN", np.where(Y == 1, np.nan, 1.0), "sample_weight has nan at row 1; expected"),
    (EVERY, "complex", np.ones(30) * 1j, "sample_weight has complex numbers; expected one"),
    (EVERY, "all zero", np.zeros(30), "sample_weight is zero for all 30 rows"),
    (EVERY, "too few", np.ones(7), r"sample_weight has shape \(7,\); expected \(30,\)"),
    (EVERY, "some zero", np.where(Y == 1, 0.0, 1.0), HANDLED),
]


def rows_of(table):
    return [
        pytest.param(who, *rest, id=re.sub(" at 0x[0-9a-f]+", "", f"{who}-{rest[0]}")[:60])
        for names, *rest in table
        for who in names
    ]


def check(action, expected):
    if expected is HANDLED:
        action()
        return
    with pytest.raises((ValueError, TypeError)) as raised:
        action()
    assert re.search(expected, str(raised.value), re.DOTALL), str(raised.value)


def test_the_table_is_long_enough():
    assert len(DATA) + len(SETTINGS) + len(LABELS) + len(WEIGHTS) >= 80


@pytest.mark.parametrize(("who", "what", "make", "expected"), rows_of(DATA))
def test_data(who, what, make, expected):
    data = make()
    model = MAKERS[who]()
    check(lambda: model.fit(data, Y[: np.shape(data)[0] if np.ndim(data) else 1]), expected)
    if expected is HANDLED:
        used = model.predict_proba(data) if who in CLASSIFIERS else model.transform(data)
        assert np.isfinite(used).all()


@pytest.mark.parametrize(("who", "settings", "expected"), rows_of(SETTINGS))
def test_settings(who, settings, expected):
    check(lambda: MAKERS[who](**settings).fit(X, Y), expected)


@pytest.mark.parametrize(("who", "what", "labels", "expected"), rows_of(LABELS))
def test_labels(who, what, labels, expected):
    check(lambda: MAKERS[who]().fit(X, labels), expected)


@pytest.mark.parametrize(("who", "what", "weights", "expected"), rows_of(WEIGHTS))
def test_weights(who, what, weights, expected):
    check(lambda: MAKERS[who]().fit(X, Y, sample_weight=weights), expected)


# What a fitted model refuses


@pytest.fixture(scope="module", params=EVERY)
def fitted(request):
    return MAKERS[request.param]().fit(X, Y)


def use(model, data):
    return model.predict(data) if hasattr(model, "predict") else model.transform(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (holed(np.nan), "X has NaN at row 3, column 2"),
        (X[:, :3], "X has 3 features, but .* is expecting 4"),
        (X[:0], r"0 sample\(s\)"),
        (X[0], "Expected 2D array, got 1D"),
        (holed("three", dtype=object), "X has 'three' at row 3, column 2"),
    ],
    ids=["NaN", "width", "no rows", "1-D", "words"],
)
def test_use(fitted, data, expected):
    check(lambda: use(fitted, data), expected)


COSTLESS = ("transform", "reconstruct", "impute", "plot_reconstructions")
COSTLY = ("score_samples", "score", "report", "fit", "partial_fit")


@pytest.mark.parametrize("method", [*COSTLESS, *COSTLY])
@pytest.mark.parametrize("value", [255, 101, -100, -1e9])
def test_values_far_outside_the_unit_interval(method, value):
    model = MAKERS["ae"](cost="cross_entropy").fit(X)
    expected = rf"X has {value * 1.0} at row 3, column 2 \(1 of 120 values is .*by 255.*clip=True"
    with pytest.raises(ValueError, match=expected):
        getattr(model, method)(holed(value))


@pytest.mark.parametrize("method", COSTLY)
@pytest.mark.parametrize("value", [1.25, -0.25, 100.0])
def test_cross_entropy_has_no_cost_outside_the_unit_interval(method, value):
    model = MAKERS["ae"](cost="cross_entropy").fit(X)
    expected = rf"X has {value} at row 3, column 2 \(1 of 120 values is outside \[0, 1\]\)"
    with pytest.raises(ValueError, match=expected):
        getattr(model, method)(holed(value))
    with pytest.raises(ValueError, match="validation has"):
        model.fit(X, validation=holed(value))


@pytest.mark.parametrize("who", ["ae", "dae", "stack"])
@pytest.mark.parametrize("method", ["transform", "reconstruct"])
def test_codes_of_values_a_little_outside_the_unit_interval(who, method):
    data = pd.DataFrame(X, columns=["weight", "height", "age", "size"])
    model = MAKERS[who]().fit(data)
    data.loc[3, "age"], data.loc[7, "size"], data.loc[7, "age"] = 1.25, -0.5, 1.0625
    with pytest.warns(DomainWarning) as found:
        got = getattr(model, method)(data)
    assert len(found) == 1
    assert str(found[0].message).startswith(
        "X has 3 of 120 values, in 2 of 30 rows, outside [0, 1]; the furthest is -0.5 at row 7, "
        "column 3 ('size'). The model was fitted on values in [0, 1];"
    )
    assert "MinMaxScaler(clip=True)" in str(found[0].message)
    inside = data.drop(index=[3, 7])
    np.testing.assert_allclose(
        np.delete(np.asarray(got), [3, 7], axis=0), getattr(model, method)(inside), rtol=1e-5
    )


def test_codes_outside_the_unit_interval_are_those_of_the_equation():
    model = MAKERS["ae"](cost="cross_entropy").fit(X)
    for rows in (holed(1.5), sparse.csr_array(holed(1.5))):
        with pytest.warns(DomainWarning, match="the furthest is 1.5 at row 3, column 2"):
            codes = model.transform(rows)
        a = holed(1.5) @ model.W_ + model.hidden_bias_
        np.testing.assert_allclose(codes, 1 / (1 + np.exp(-a)), rtol=1e-5)


def test_missing_entries_are_not_outside_the_unit_interval():
    model = MAKERS["ae"](missing="mask").fit(holed(np.nan))
    data = holed(np.nan)
    data[5] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.transform(data)
    data[6, 1] = 1.5
    with pytest.warns(DomainWarning, match="1 of 120 values, in 1 of 30 rows.* 1.5 at row 6"):
        model.impute(data)


def test_the_furthest_value_is_found_in_any_part_of_the_rows():
    model = MAKERS["ae"]().fit(X)
    data = np.full((20_000, 4), 0.5, "float32")
    data[[5, 9_000, 19_999], 1] = 1.25, 1.75, 1.5
    with pytest.warns(DomainWarning, match="3 of 80,000 .* 3 of 20,000 .* 1.75 at row 9000, col"):
        model.transform(data)


@pytest.mark.parametrize("cost", ["auto", "cross_entropy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rounding_is_not_outside_the_unit_interval(cost, dtype):
    # As MinMaxScaler makes of float32 columns, about one time in three.
    beyond = np.nextafter(np.array(1, dtype), np.array(2, dtype))
    data = holed(beyond, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MAKERS["ae"](cost=cost, dtype=dtype).fit(data)
        assert model.cost_ == "cross_entropy"
        assert np.isfinite(model.transform(data)).all()
        assert np.isfinite(model.score_samples(data)).all()
        assert np.isfinite(model.report(data).yardsticks.model.cost)


def test_a_stacked_classifier_takes_values_a_little_outside_the_unit_interval():
    model = MAKERS["tuned"](cost="cross_entropy").fit(X, Y)
    assert np.isfinite(model.predict_proba(holed(1.25))).all()
    with pytest.warns(DomainWarning, match="255.0 at row 3, column 2 .*far outside the range"):
        model.predict(holed(255))


def test_fit_asks_for_the_unit_interval():
    with pytest.raises(ValueError, match="MinMaxScaler"):
        MAKERS["ae"](cost="cross_entropy").fit(X * 255)


def test_names_of_columns_are_compared():
    data = pd.DataFrame(X, columns=list("abcd"))
    model = MAKERS["ae"]().fit(data)
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(data.rename(columns={"a": "z"}))


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros((3, 5)), r"codes have shape \(3, 5\); expected \(rows, 2\)"),
        (np.zeros(2), r"codes have shape \(2,\); expected \(rows, 2\)"),
        (np.full((3, 2), np.nan), "codes has NaN at row 0, column 0"),
    ],
)
def test_codes(codes, message):
    with pytest.raises(ValueError, match=message):
        MAKERS["ae"]().fit(X).inverse_transform(codes)


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score", "plot_reconstructions"])
def test_before_fit(method):
    with pytest.raises(NotFittedError):
        getattr(MAKERS["ae"](), method)(X)


@pytest.mark.parametrize("method", ["save", "plot_filters", "plot_loss"])
def test_before_fit_with_a_path(method, tmp_path):
    with pytest.raises(NotFittedError):
        getattr(MAKERS["ae"](), method)(tmp_path / "file.png")
    assert not list(tmp_path.iterdir())


# What a model remembers of its data


def test_far_values_are_told_of_also_after_loading(tmp_path):
    data = pd.DataFrame(X * 50 + 20, columns=["weight", "height", "age", "size"])
    model = MAKERS["ae"]().fit(data)
    model.save(tmp_path / "m")
    far = data.copy()
    far.loc[3, "age"] = 1e6
    for known in (model, AutoEncoder.load(tmp_path / "m")):
        np.testing.assert_allclose(known.data_min_, data.min(), rtol=1e-6)
        assert known.data_dtype_ == "float32"
        with pytest.warns(DomainWarning, match=r"1000000.0 at row 3, column 2 \('age'\).*far out"):
            known.transform(far)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            known.score_samples(far)
            known.transform(data + 1)


def test_bytes_that_were_divided_after_fitting_are_told_of():
    model = MAKERS["ae"]().fit((X * 255).astype("uint8"))
    with pytest.warns(DomainWarning, match=r"float32 in \[0, 1\], but .* uint8 up to 255"):
        model.transform(X)
