"""Training whose cost does not stay finite."""

import re
import warnings

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.graph import momentum, sgd
from autoenc.training import DivergedError, train

# Far too large, and 2^18 times what is small enough.
START = 2e5


def fit(rate, backend, n_epochs=30, data=None, **settings):
    """Fit a line with a rate that may be too large."""
    x = pt.matrix("x")
    slope = pytensor.shared(np.ones((3, 1), "float32"), name="slope")
    learning_rate = pytensor.shared(np.float32(rate), name="learning_rate")
    cost = (((x @ slope) - 1) ** 2).mean()
    data = np.random.default_rng(0).normal(size=(40, 3)) if data is None else data
    history = train(
        cost, sgd(cost, [slope], learning_rate), inputs=[x], data=data, batch_size=10,
        n_epochs=n_epochs, backend=backend, progress=False,
        **{"learning_rate": learning_rate, **settings},
    )  # fmt: skip
    return history, slope.get_value(), learning_rate.get_value()


def test_the_rate_is_halved_until_it_is_small_enough(backend):
    with pytest.warns(UserWarning, match="with half the learning rate") as caught:
        history, slope, rate = fit(START, backend, n_epochs=60, max_halvings=40)
    times = sum(record.get("halved", 0) for record in history)
    assert times == len(caught) >= 1
    assert rate == np.float32(START) / 2**times
    assert np.isfinite(slope).all()
    assert all(np.isfinite(record["cost"]) for record in history)
    assert history[-1]["cost"] < 5


@pytest.mark.filterwarnings("ignore:the cost has risen")
def test_a_rate_that_is_updated_is_halved_too(backend):
    x, W = pt.matrix("x"), pytensor.shared(np.ones((3, 3), "float32"))
    rate = pytensor.shared(np.float32(START), name="rate")
    cost = pt.sqr(x @ W - x).sum(axis=1).mean()
    updates = {W: W - rate * pytensor.grad(cost, W), rate: 1 * rate}
    with pytest.warns(UserWarning, match="with half the learning rate"):
        history = train(
            cost, updates, inputs=[x], data=np.random.default_rng(0).random((50, 3)), n_epochs=60,
            backend=backend, learning_rate=rate, max_halvings=40, progress=False,
        )  # fmt: skip
    n_halved = sum(record.get("halved", 0) for record in history)
    assert rate.get_value() == np.float32(START) / 2**n_halved
    assert np.isfinite(W.get_value()).all()


def test_the_warning_says_where():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(10.0, "c")
    assert re.fullmatch(
        r"the cost became \w+ in epoch \d+, block 0, step \d+: training continues from the last "
        r"good parameters with half the learning rate \(1 of at most 5 times\)\.",
        str(caught[0].message),
    )


@pytest.mark.parametrize("settings", [{"learning_rate": None}, {"max_halvings": 0}])
def test_an_end_with_the_last_finite_parameters_and_an_explanation(backend, settings):
    with pytest.raises(DivergedError) as caught:
        fit(10.0, backend, model=lambda history: ("the model", len(history)), **settings)
    text = str(caught.value)
    assert "no parameter became infinite or NaN before the cost" in text
    # Finite, as it is taken where all still was.
    assert re.search(r"largest gradient before that step: \d", text)
    assert "(norm, of slope)" in text
    assert "largest value of a matrix product: " in text
    assert "Try a smaller learning rate" in text
    assert caught.value.model == ("the model", len(caught.value.history))


def test_the_parameters_are_those_before_the_block(backend):
    kept = []
    slope = pytensor.shared(np.float32(1), name="slope")
    x = pt.vector("x")
    cost = ((x * slope) ** 2).mean()
    data = np.array([1, 1, 1, 1e30], "float32")
    with pytest.raises(DivergedError, match=r"epoch 1, block 1, step 0"):
        train(
            cost, sgd(cost, [slope], 0.25), inputs=[x], data=data, batch_size=1, n_epochs=1,
            block_size=3, shuffle=False, backend=backend, progress=False,
            model=lambda history: kept.append(float(slope.get_value())),
        )  # fmt: skip
    assert slope.get_value() == 0.125
    assert set(kept) == {0.125}


def test_parameters_that_break_in_the_last_step_are_noticed_at_once(backend):
    """The cost of a step is of before its update, so that it alone comes too late."""
    slope = pytensor.shared(np.float32(1), name="slope")
    x = pt.vector("x")
    cost = (x * slope).mean()
    told = (
        r"parameters became infinite or NaN in epoch 1, .* \(not finite after that step: slope; "
    )
    with pytest.raises(DivergedError, match=told):
        train(
            cost, {slope: slope / (x - 2).sum()}, inputs=[x], data=np.array([1.0, 1.0, 2.0]),
            batch_size=1, n_epochs=1, shuffle=False, backend=backend, progress=False,
        )  # fmt: skip
    assert np.isfinite(slope.get_value())


def test_velocities_go_back_too(backend):
    x = pt.vector("x")
    slope = pytensor.shared(np.float32(1), name="slope")
    cost = ((x * slope) ** 2).mean()
    updates = momentum(cost, [slope], 0.1, 0.9)
    with pytest.raises(DivergedError):
        train(
            cost, updates, inputs=[x], data=np.full(10, 1e20), batch_size=1, n_epochs=1,
            backend=backend, progress=False,
        )  # fmt: skip
    assert [variable.get_value() for variable in updates] == [0, 1]


def test_the_limit_is_for_the_whole_training():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(DivergedError):
            fit(1e6, "c", max_halvings=2)
    assert [str(warning.message)[-22:-2] for warning in caught] == [
        "1 of at most 2 times",
        "2 of at most 2 times",
    ]


def test_huge_but_finite_parameters_are_no_divergence(backend):
    x = pt.vector("x")
    W = pytensor.shared(np.full(4, 3e38, "float32"), name="W")
    cost = x.mean() + 0 * W[0]
    history = train(
        cost, {W: W * 1}, inputs=[x], data=np.ones(4), batch_size=2, n_epochs=1,
        backend=backend, progress=False,
    )  # fmt: skip
    assert history[0]["cost"] == 1
