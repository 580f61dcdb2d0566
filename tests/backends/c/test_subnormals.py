"""Subnormal numbers count as zero in training, in all threads, and nowhere else."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc import AutoEncoder
from autoenc.backends import make_step, resolve_backend
from tests.backends.c.test_kernels import run

pytestmark = pytest.mark.usefixtures("compiler")
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def halve(dtype, shape):
    """Return a runner whose steps halve the smallest normal numbers, and these numbers."""
    numbers = pytensor.shared(np.full(shape, np.finfo(dtype).tiny))
    x, half = pt.vector("x", dtype=dtype), np.asarray(0.5, dtype)
    step = make_step(x.sum(), {numbers: numbers * half}, [x])
    return resolve_backend("c", "cpu").compile(step), numbers


@DTYPES
@pytest.mark.parametrize("shape", [(3,), (5, 7), (300, 400)])
def test_results_of_a_step_are_zero_instead(dtype, shape):
    runner, numbers = halve(dtype, shape)
    runner.run([np.zeros(4, dtype)], np.arange(4)[:, None], (0, 1))
    assert (numbers.get_value() == 0).all()


@DTYPES
def test_the_state_of_the_thread_is_as_before(dtype):
    subnormal = np.asarray(np.finfo(dtype).tiny) / 4
    runner, _ = halve(dtype, (3,))
    runner.run([np.zeros(4, dtype)], np.arange(4)[:, None], (0, 1))
    assert subnormal * 2 > subnormal > 0
    with pytest.raises(TypeError):
        runner.run([np.array(["no number"])], np.zeros((1, 1), int), (0, 1))
    assert subnormal * 2 > subnormal > 0


def test_moments_of_units_that_are_always_zero_become_zero():
    X = np.random.default_rng(0).normal(size=(200, 5))
    model = AutoEncoder(
        4, activation="relu", optimizer="momentum", learning_rate=0.01, batch_size=2, n_epochs=1,
        backend="c", random_state=0, verbose=False,
    ).fit(X)  # fmt: skip
    model.model_.arrays["hidden_bias"][:] = -1000  # no unit is ever active again
    for _ in range(20):
        model.partial_fit(X)
    velocities = model.model_.optimizer_state
    assert sum(np.count_nonzero(v) for v in velocities) == 5  # of the visible biases
    for velocity in velocities:
        assert (np.abs(velocity[velocity != 0]) >= np.finfo("float32").tiny).all()


# Threads that flush in a step, and those that do not when rows are scored.
BYTES = """
import hashlib
import numpy as np, pytensor, pytensor.tensor as pt
from autoenc.backends import make_step, resolve_backend
backend = resolve_backend("c", "cpu")
rng = np.random.default_rng(0)
numbers = (rng.uniform(1, 4, (600, 500)) * np.finfo("float32").tiny).astype("float32")
m, x = pytensor.shared(numbers), pt.vector("x")
runner = backend.compile(make_step(x.sum(), {m: m * np.float32(0.5)}, [x]))
rows = pt.matrix("rows")
scale = backend.function([rows], rows * np.float32(0.25))
for _ in range(20):
    m.set_value(numbers)
    runner.run([np.zeros(1, "float32")], np.zeros((1, 1), int), (0, 1))
    trained = m.get_value()
    assert (trained == np.where(numbers < 2 * np.finfo("float32").tiny, 0, numbers / 2)).all()
    assert (scale(numbers) == numbers / 4).all()
print("right")
"""


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_all_threads_compute_as_the_caller_does(n_threads):
    assert run(BYTES, n_threads) == "right\n"
