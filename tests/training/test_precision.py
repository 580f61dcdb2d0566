"""Products in mixed precision: rounded as by NumPy, and accurate enough for training."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autoenc.backends.xla.ops  # noqa: F401 - PyTensor's own mode needs it here
from autoenc.backends import BACKENDS, BackendError, in_precision, make_step, resolve_backend
from autoenc.backends.c import c_backend as c
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.configuration import Settings
from autoenc.graph import AutoEncoderLayer, masking, sgd
from autoenc.graph.precision import as_bfloat16, with_mixed_products
from autoenc.training import train
from tests.backends.c.test_kernels import compiler_has_pairs_of_bfloat16

WORKING = [name for name in BACKENDS if name != "c" or compiler_trouble() is None]
MIXED = [name for name in WORKING if "mixed_bfloat16" in resolve_backend(name, "cpu").precisions]


def model(n_visible=784, n_hidden=40, dtype="float32", tied=True):
    layer = AutoEncoderLayer(n_visible, n_hidden, rng=np.random.default_rng(0), tied=tied)
    x = pt.matrix("x", dtype=dtype)
    cost = layer.cross_entropy(x, masking(x, 0.3, 1)).mean()
    return layer, {"cost": cost, "updates": sgd(cost, layer.params, 0.1), "inputs": [x]}


def fit(images, n_epochs=5, tied=True, **settings):
    layer, graph = model(tied=tied)
    history = train(**graph, data=images, n_epochs=n_epochs, progress=False, **settings)
    return [record["cost"] for record in history], layer.W.get_value()


def products(outputs):
    return pytensor.dprint(outputs, file="str").count("MixedDot")


def test_all_products_of_a_step_are_exchanged_and_the_step_itself_is_left_alone():
    _, graph = model()
    step = make_step(**graph)
    mixed = in_precision("mixed_bfloat16", step, resolve_backend("xla", "cpu"))
    assert products([mixed.cost, *mixed.next_state]) == 5
    assert products([step.cost, *step.next_state]) == 0
    assert in_precision("float32", step, resolve_backend("c", "cpu")) is step


def test_xla_computes_what_numpy_rounds(rng):
    a, b = pt.matrices("a", "b")
    (product,) = with_mixed_products([pt.dot(a, b)])
    xs = [rng.normal(size=shape).astype("float32") for shape in [(7, 300), (300, 11)]]
    expected = as_bfloat16(xs[0]).astype("float64") @ as_bfloat16(xs[1])
    for mode in ("JAX", "FAST_COMPILE"):
        f = pytensor.function([a, b], product, mode=mode)
        np.testing.assert_allclose(f(*xs), expected, rtol=1e-4, atol=1e-4)
    assert abs(xs[0] @ xs[1] - expected).max() > 1e-3


@given(arrays("float32", 5, elements=st.floats(width=32, allow_nan=True, allow_infinity=True)))
def test_rounding_is_that_of_jax(values):
    import jax.numpy as jnp

    theirs = np.asarray(jnp.asarray(values).astype(jnp.bfloat16).astype(jnp.float32))
    # XLA takes subnormal numbers for zero.
    tiny = abs(values) < 1.2e-38
    np.testing.assert_array_equal(as_bfloat16(values)[~tiny], theirs[~tiny])


def test_which_backends_have_it():
    assert "xla" in MIXED
    assert "numba" not in MIXED
    assert ("c" in MIXED) == compiler_has_pairs_of_bfloat16()


@pytest.mark.parametrize("backend", MIXED)
@pytest.mark.parametrize("tied", [True, False])
def test_the_cost_after_five_epochs_is_that_of_float32(digits, backend, tied):
    images = digits.train.images
    costs, W = fit(images, tied=tied, backend=backend)
    mixed_costs, mixed_W = fit(images, tied=tied, backend=backend, precision="mixed_bfloat16")
    assert costs[-1] < 0.8 * costs[0]
    np.testing.assert_allclose(mixed_costs, costs, rtol=5e-3)
    assert mixed_W.dtype == np.float32
    # Weights are not rounded, only what is multiplied.
    assert not np.array_equal(mixed_W, as_bfloat16(mixed_W))
    assert not np.array_equal(W, mixed_W)


@pytest.mark.parametrize("backend", MIXED)
def test_the_same_seed_gives_the_same_bytes(digits, backend):
    fits = [
        fit(digits.train.images, 2, backend=backend, precision="mixed_bfloat16", seed=seed)
        for seed in (3, 3, 4)
    ]
    (costs, W), (same_costs, same_W), (_, other_W) = fits
    assert costs == same_costs
    assert W.tobytes() == same_W.tobytes()
    assert W.tobytes() != other_W.tobytes()


def test_refusals(digits):
    images = digits.train.images[:100]
    with pytest.raises(ValueError, match=r"precision is 'half'; expected one of 'float32'"):
        fit(images, precision="half")
    with pytest.raises(
        BackendError, match=r"runs on XLA, and in C if .*, but the backend is 'numba'"
    ):
        fit(images, backend="numba", precision="mixed_bfloat16")


def test_c_refuses_without_the_instructions_and_without_kernels(monkeypatch):
    _, graph = model()
    step = make_step(**graph)
    monkeypatch.setattr(c, "has_mixed_products", lambda library: False)
    for settings in (Settings(), Settings(blas__ldflags="-lmine")):
        backend = c.CBackend(settings)
        assert in_precision("float32", step, backend) is step
        with pytest.raises(BackendError, match=r"processor \(avx512_bf16\).* is 'c' here; use"):
            in_precision("mixed_bfloat16", step, backend)


@pytest.mark.parametrize("backend", MIXED)
def test_a_step_of_double_precision_is_refused(backend):
    W, x = pytensor.shared(np.ones((4, 2))), pt.dmatrix("x")
    cost = pt.dot(x, W).sum()
    step = make_step(cost, sgd(cost, [W], 0.1), [x])
    with pytest.raises(ValueError, match="but the cost is float64; use float32 parameters"):
        in_precision("mixed_bfloat16", step, resolve_backend(backend, "cpu"))


def test_products_of_integers_are_left_alone():
    integers = pt.matrix("i", dtype="int32")
    assert products(with_mixed_products([pt.dot(integers, integers)])) == 0
