"""Rules for stopping, alone and in the loop."""

import math

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoenc.graph import sgd
from autoenc.training import EpochPatience, GeometricPatience, train


def tutorial(costs, n_batches, n_epochs, patience, increase, threshold):
    """The rule as the texts write it: a loop over minibatches. Returns (last, best)."""
    frequency = min(n_batches, patience // 2)
    best, best_iteration = math.inf, -1
    for iteration in range(n_epochs * n_batches):
        if (iteration + 1) % frequency == 0:
            cost = costs[(iteration + 1) // frequency - 1]
            if cost < best:
                if cost < best * threshold:
                    patience = max(patience, iteration * increase)
                best, best_iteration = cost, iteration
        if patience <= iteration:
            return iteration, best_iteration
    return n_epochs * n_batches - 1, best_iteration


def ours(rule, costs, n_batches, n_epochs):
    """Run the rule, and query it only at the iterations that it names."""
    rule.start(n_batches)
    iteration, seen = 0, iter(costs)
    while iteration < n_epochs * n_batches:
        iteration = rule.next_event(iteration)
        if iteration >= n_epochs * n_batches:
            break
        if rule.validate_after(iteration):
            rule.report(iteration, next(seen))
        if rule.stop_after(iteration):
            return iteration, rule.best_iteration
        iteration += 1
    return n_epochs * n_batches - 1, rule.best_iteration


@given(
    costs=st.lists(st.floats(0.01, 10), min_size=300, max_size=300),
    n_batches=st.integers(1, 40),
    n_epochs=st.integers(1, 12),
    patience=st.integers(4, 100),
    increase=st.sampled_from([1.5, 2.0, 4.0]),
)
def test_geometric_patience_is_the_tutorials(costs, n_batches, n_epochs, patience, increase):
    if n_batches * n_epochs / min(n_batches, patience // 2) > len(costs):
        costs = costs * 3
    rule = GeometricPatience(patience, increase=increase, threshold=0.995)
    expected = tutorial(costs, n_batches, n_epochs, patience, increase, 0.995)
    assert ours(rule, costs, n_batches, n_epochs) == expected


def test_defaults_are_the_tutorials():
    rule = GeometricPatience()
    assert (rule.patience, rule.increase, rule.threshold) == (5000, 2.0, 0.995)


@given(costs=st.lists(st.floats(0, 10), min_size=1, max_size=30), patience=st.integers(1, 5))
def test_epoch_patience_waits_so_many_epochs(costs, patience):
    rule = EpochPatience(patience)
    rule.start(3)
    best, waited = math.inf, 0
    for epoch, cost in enumerate(costs):
        iteration = 3 * epoch + 2
        assert rule.next_event(3 * epoch) == iteration
        assert rule.report(iteration, cost) == (cost < best)
        best, waited = (cost, 0) if cost < best else (best, waited + 1)
        assert rule.stop_after(iteration) == (waited >= patience)
        assert rule.best_cost == best
        if waited >= patience:
            break


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: GeometricPatience(1),
            "patience is 1; expected an integer of at least 2, in",
        ),
        (lambda: GeometricPatience(increase=1), "increase is 1; expected a number > 1"),
        (lambda: GeometricPatience(threshold=1.5), "threshold is 1.5; expected"),
        (lambda: EpochPatience(0), "patience is 0; expected an integer of at least 1, in epochs"),
        (lambda: EpochPatience("3"), "patience is '3'; expected an integer"),
        (lambda: GeometricPatience(10.0), "patience is 10.0; expected an integer"),
        (lambda: EpochPatience(tolerance=-1), "tolerance is -1; expected a number >= 0"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def follow(n_epochs, rule=None, backend="xla", callbacks=(), n_rows=40, **settings):
    """Train p towards 1 while the validation cost is least at p = 1/2."""
    x = pt.vector("x")
    p = pytensor.shared(np.float32(0), name="p")
    cost = ((x - p) ** 2).mean()
    history = train(
        cost, sgd(cost, [p], 0.05), inputs=[x], data=np.ones(n_rows), batch_size=10,
        n_epochs=n_epochs, validation=((x - p) ** 2, np.full(30, 0.5)), early_stopping=rule,
        backend=backend, progress=False, callbacks=callbacks, **settings,
    )  # fmt: skip
    return history, float(p.get_value())


def test_validation_without_a_rule_only_watches():
    history, p = follow(5)
    assert all("valid_cost" in record for record in history)
    assert len(history) == 5
    assert history[-1]["valid_cost"] == pytest.approx((0.5 - p) ** 2, rel=1e-5)


@pytest.mark.parametrize("rule", [EpochPatience(2), GeometricPatience(8, threshold=1.0)])
def test_the_best_state_is_restored(rule, backend):
    history, p = follow(100, rule, backend)
    assert len(history) < 30
    assert history[-1]["stopped_early"] is True
    costs = [record["valid_cost"] for record in history if "valid_cost" in record]
    assert rule.best_cost == min(costs) == pytest.approx((0.5 - p) ** 2, rel=1e-3, abs=1e-8)
    assert costs[-1] > rule.best_cost
    assert abs(p - 0.5) < 0.1


def test_validation_within_an_epoch():
    rule = GeometricPatience(6, threshold=1.0)
    history, p = follow(1, rule, n_rows=1000)
    assert rule.frequency == 3
    assert history[-1]["stopped_early"] is True
    assert "interrupted" not in history[-1]
    assert rule.best_iteration in (5, 8)
    assert p == pytest.approx(1 - 0.9 ** (rule.best_iteration + 1), rel=1e-4)


def test_a_last_short_minibatch_counts():
    rule = EpochPatience(2)
    history, _ = follow(100, rule, n_rows=41)
    assert (rule.best_iteration + 1) % 5 == 0
    assert history[-1]["stopped_early"]


def test_a_rule_needs_something_to_look_at():
    x = pt.vector("x")
    with pytest.raises(ValueError, match="early_stopping needs validation="):
        train(x.mean(), {}, inputs=[x], data=np.ones(3), early_stopping=EpochPatience())


def test_the_validation_cost_is_per_row(backend):
    x = pt.vector("x")
    with pytest.raises(ValueError, match="validation cost has 0 dimensions; expected a cost for"):
        train(x.mean(), {}, inputs=[x], data=np.ones(3), validation=(x.mean(), np.ones(3)))
    x = pt.matrix("x")
    rows = np.ones((5, 3))
    # XLA computes chunks of rows.
    with pytest.raises(ValueError, match=r"has 3 values for (5|64) rows; expected a .* each row"):
        train(x.mean(), {}, inputs=[x], data=rows, validation=(x.mean(axis=0), rows), n_epochs=1,
              backend=backend)  # fmt: skip
