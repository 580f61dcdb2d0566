"""Learning rates by the number of the step, against their formulas."""

import pickle
import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytensor import config

from autoenc.graph import (
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    linear_warmup,
    sgd,
    step_decay,
)
from tests.graph.helpers import FLOAT64, MODE

DECAYS = {
    exponential_decay: lambda initial, decay, every, step: initial * decay ** (step / every),
    step_decay: lambda initial, decay, every, step: initial * decay ** (step // every),
    inverse_time_decay: lambda initial, decay, every, step: initial / (1 + decay * step / every),
}
decays = pytest.mark.parametrize("schedule", DECAYS)
STEPS = np.array([0, 1, 2, 99, 100, 101, 250, 1000, 10**6])


def rates(schedule, steps=STEPS):
    step = pt.iscalar("step")
    rate = schedule(step)
    assert rate.dtype == config.floatX
    f = pytensor.function([step], rate, mode=MODE)
    return np.array([f(np.int32(i)) for i in steps])


@decays
@settings(max_examples=10)
@given(
    initial=st.floats(1e-3, 10), decay=st.floats(0.1, 1), every=st.sampled_from([1, 7, 100, 10**6])
)
def test_decays_are_their_formulas(schedule, initial, decay, every):
    with config.change_flags(**FLOAT64):
        values = rates(schedule(initial, decay, every))
    np.testing.assert_allclose(values, DECAYS[schedule](initial, decay, every, STEPS), rtol=1e-9)


@decays
@pytest.mark.parametrize("every", [1, 100, 10**6])
def test_float32_stays(schedule, every):
    values = rates(schedule(np.float64(0.1), 0.9, every))
    assert values.dtype == np.float32
    formula = DECAYS[schedule](0.1, 0.9, every, STEPS)
    np.testing.assert_allclose(values, formula, rtol=1e-3, atol=1e-30)


@decays
def test_the_first_rate_is_the_initial_one_and_none_is_above(schedule):
    values = rates(schedule(0.25, 0.5, 100))
    assert values[0] == 0.25
    assert (np.diff(values) <= 0).all()


def test_decay_in_steps_agrees_with_smooth_decay_at_multiples():
    multiples = 100 * np.arange(6)
    smooth, stepped = (rates(s(0.1, 0.5, 100), multiples) for s in (exponential_decay, step_decay))
    np.testing.assert_allclose(smooth, stepped, rtol=1e-6)


def test_warmup_of_a_number():
    values = rates(linear_warmup(0.5, over=5), range(8))
    np.testing.assert_allclose(values, [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5], rtol=1e-6)


def test_warmup_of_a_schedule_keeps_its_count():
    values = rates(linear_warmup(step_decay(1.0, 0.5, 3), over=4), range(8))
    np.testing.assert_allclose(values, [0.25, 0.5, 0.75, 0.5, 0.5, 0.5, 0.25, 0.25], rtol=1e-6)


def test_warmup_of_a_shared_rate():
    rate = pytensor.shared(np.float32(2), name="rate")
    np.testing.assert_allclose(rates(linear_warmup(rate, over=2), range(3)), [1, 2, 2])


def test_linear_decay_is_constant_then_straight_then_zero():
    values = rates(linear_decay(0.4, start=2, end=6), range(8))
    np.testing.assert_allclose(values, [0.4, 0.4, 0.4, 0.3, 0.2, 0.1, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(rates(linear_decay(0.4, 0, 2), range(3)), [0.4, 0.2, 0], rtol=1e-6)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (3, 3, "end is 3; expected a step after start, which is 3"),
        (-1, 3, "start is -1; expected an integer of at least 1"),
        (0, 2.5, "end is 2.5; expected an integer of at least 1"),
    ],
)
def test_a_decay_between_no_steps_is_refused(start, end, message):
    with pytest.raises(ValueError, match=message):
        linear_decay(0.1, start, end)


def test_a_rule_follows_its_schedule():
    p = pytensor.shared(np.float32(0), name="p")
    updates = sgd([pt.constant(np.float32(1))], [p], step_decay(1.0, 0.5, 2))
    f = pytensor.function([], updates=updates, mode=MODE)
    passed = []
    for _ in range(5):
        f()
        passed.append(p.get_value().item())
    assert passed == [-1, -2, -2.5, -3, -3.25]


@pytest.mark.parametrize(
    "schedule", [step_decay(0.1, 0.5, 3), linear_warmup(0.1, 3), linear_decay(0.1, 1, 3)]
)
def test_schedules_can_be_pickled(schedule):
    copy = pickle.loads(pickle.dumps(schedule))
    np.testing.assert_array_equal(rates(copy), rates(schedule))


@decays
@pytest.mark.parametrize("value", [0, -0.1, float("nan"), float("inf"), "0.1", True, None])
@pytest.mark.parametrize("which", ["initial", "decay"])
def test_a_setting_that_is_not_above_0_is_refused(schedule, value, which):
    text = f"{which} is {value!r}; expected a finite number above 0."
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        schedule(**({"initial": 0.1, "decay": 0.5, "every": 10} | {which: value}))


@decays
@pytest.mark.parametrize("every", [0, -1, 2.5, "10"])
def test_a_period_that_is_no_number_of_steps_is_refused(schedule, every):
    text = f"every is {every!r}; expected an integer of at least 1."
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        schedule(0.1, 0.5, every)


def test_a_warmup_over_no_steps_is_refused():
    with pytest.raises(ValueError, match=r"^over is 0; expected an integer of at least 1\.$"):
        linear_warmup(0.1, 0)
