"""Bad data and settings are refused: what was got, what was expected, what to do."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from autoenc import AutoEncoder, DenoisingAutoEncoder

X = np.full((30, 4), 0.5, dtype="float32")


def with_value(value, row=3, column=2):
    changed = X.copy()
    changed[row, column] = value
    return changed


def quick(**settings):
    return AutoEncoder(**{"n_hidden": 2, "n_epochs": 1, "verbose": False, **settings})


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(X)


BAD_DATA = [
    (with_value(np.nan), r"X has nan at row 3, column 2 \(1 of 120 values is not finite\)"),
    (with_value(np.inf), "X has inf at row 3, column 2"),
    (with_value(-np.inf), "X has -inf at row 3, column 2"),
    (with_value(255), r"X has 255.0 at row 3, column 2 \(1 of 120 values is outside \[0, 1\]\)"),
    (with_value(-0.25), r"X has -0.25 at row 3, column 2 .* MinMaxScaler\(clip=True\)"),
    (X * 255, r"120 of 120 values are outside \[0, 1\]\). .*divide bytes by 255"),
    (X[0], "1D array"),
    (X[np.newaxis], "dim 3"),
    (X[:0], r"0 sample\(s\)"),
    (X[:, :0], r"0 feature\(s\)"),
    (X.astype(complex) * 1j, "Complex data not supported"),
    ([["a", "b"]], "could not convert string to float"),
]


@pytest.mark.parametrize(("data", "message"), BAD_DATA)
def test_bad_data(fitted, data, message):
    with pytest.raises(ValueError, match=message):
        quick().fit(data)
    methods = ("transform", "reconstruct", "score_samples", "score")
    for method in methods:
        with pytest.raises(ValueError, match=message):
            getattr(fitted, method)(data)


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score_samples", "score"])
def test_another_width(fitted, method):
    with pytest.raises(ValueError, match="X has 3 features, but AutoEncoder is expecting 4"):
        getattr(fitted, method)(X[:, :3])


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros((3, 5)), r"codes have shape \(3, 5\); expected \(rows, 2\)"),
        (np.zeros(2), r"codes have shape \(2,\); expected \(rows, 2\)"),
        (np.full((3, 2), np.nan), "codes has nan at row 0, column 0"),
    ],
)
def test_bad_codes(fitted, codes, message):
    with pytest.raises(ValueError, match=message):
        fitted.inverse_transform(codes)


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score", "plot_reconstructions"])
def test_before_fit(method):
    with pytest.raises(NotFittedError):
        getattr(quick(), method)(X)


@pytest.mark.parametrize("method", ["save", "plot_filters", "plot_loss"])
def test_before_fit_with_a_path(method, tmp_path):
    with pytest.raises(NotFittedError):
        getattr(quick(), method)(tmp_path / "file.png")
    assert not list(tmp_path.iterdir())


def test_values_outside_the_unit_interval_are_welcome_under_squared_error():
    model = quick(cost="squared_error", output="linear", learning_rate=1e-6).fit(X * 255)
    assert np.isfinite(model.score(X * 255))


BAD_SETTINGS = [
    ({"n_hidden": 0}, "n_hidden is 0; expected an integer of at least 1"),
    ({"n_hidden": 2.5}, "n_hidden is 2.5; expected an integer"),
    ({"cost": "hinge"}, "cost is 'hinge'; expected one of cross_entropy, squared_error"),
    ({"output": "linear"}, "output is 'linear' and cost 'cross_entropy', which needs"),
    ({"activation": "sigmiod"}, "activation 'sigmiod' is not known; expected one of linear"),
    ({"learning_rate": 0}, "learning_rate is 0; expected a number > 0"),
    ({"learning_rate": -0.1}, "learning_rate is -0.1; expected"),
    ({"learning_rate": np.nan}, "learning_rate is nan; expected"),
    ({"momentum": 1.0}, r"momentum is 1.0; expected a number in \[0, 1\)"),
    ({"l1": -1}, "l1 is -1; expected a number >= 0"),
    ({"contraction": -0.5}, "contraction is -0.5; expected a number >= 0"),
    ({"optimizer": "lbfgs"}, "optimizer 'lbfgs' is not known; expected one of"),
    ({"batch_size": 0}, "batch_size is 0; expected an integer of at least 1"),
    ({"n_epochs": 0}, "n_epochs is 0; expected an integer of at least 1"),
    ({"backend": "theano"}, "backend 'theano' is not known"),
    ({"device": "gpu"}, "device is 'gpu'; expected 'cpu', 'cuda'"),
    ({"dtype": "float16"}, "floatX is 'float16'; expected one of float32, float64"),
]


@pytest.mark.parametrize(("settings", "message"), BAD_SETTINGS)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        quick(**settings).fit(X)


@pytest.mark.parametrize("corruption", [-0.1, 1.5])
def test_bad_corruption(corruption):
    model = DenoisingAutoEncoder(2, corruption=corruption, n_epochs=1, verbose=False)
    with pytest.raises(ValueError, match=f"corruption level is {corruption}; expected a prob"):
        model.fit(X)


@pytest.mark.parametrize(
    "data",
    [
        np.asfortranarray(X),
        X[::2],
        X.astype("float64"),
        X.astype("float64").tolist(),
        X.astype(bool),
        X.astype("uint8"),
    ],
    ids=["fortran", "strided", "float64", "lists", "bool", "uint8"],
)
def test_what_can_be_converted_is_converted(data):
    assert quick().fit(data).transform(data).dtype == np.float32
