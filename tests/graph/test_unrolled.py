"""Unrolled layers against the oracle: values, gradients, and training on the backends."""

import re
from itertools import pairwise

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import clone_replace

from autoenc.backends import make_step, resolve_backend
from autoenc.graph import (
    AutoEncoderLayer,
    UnrolledLayers,
    contractive,
    masking,
    sgd,
    symbolic_generator,
)
from tests import reference
from tests.devices import device_of
from tests.graph import oracles
from tests.graph.helpers import MODE, check_gradient, evaluate

SIZES = (5, 4, 3, 2)
ROWS = np.random.default_rng(11).random((6, SIZES[0]))
# Cost, activations of the layers, and outputs of their decoders.
NETWORKS = {
    "images": ("cross_entropy", ("sigmoid", "sigmoid", "linear"), ("sigmoid",) * 3),
    "table": ("squared_error", ("tanh", "tanh", "linear"), ("linear", "tanh", "tanh")),
    "mixed": ("squared_error", ("softplus", "tanh", "sigmoid"), ("sigmoid", "softplus", "tanh")),
    "rectified": ("cross_entropy", ("relu", "relu", "relu"), ("sigmoid", "relu", "relu")),
}
networks = pytest.mark.parametrize("name", NETWORKS)
ties = pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])


def values_of(tied, dtype="float64"):
    rng = np.random.default_rng(12)

    def drawn(*shape):
        return rng.uniform(-0.5, 0.5, shape).astype(dtype)

    return [
        reference.DeepLayer(drawn(n, m), drawn(m), drawn(n), None if tied else drawn(m, n))
        for n, m in pairwise(SIZES)
    ]


def unrolled(name, tied, dtype="float64"):
    _, activations, outputs = NETWORKS[name]
    return UnrolledLayers(
        [
            AutoEncoderLayer(
                *values.W.shape, rng=None, tied=tied, activation=activation, output=output,
                **{k: pytensor.shared(v, k) for k, v in values._asdict().items() if v is not None},
            )
            for values, activation, output in zip(
                values_of(tied, dtype), activations, outputs, strict=True
            )
        ]
    )  # fmt: skip


def expected_of(name):
    cost, activations, outputs = NETWORKS[name]
    return {"cost": cost, "activations": activations, "outputs": outputs}


def flat(layers):
    return [array for layer in layers for array in layer if array is not None]


@pytest.mark.usefixtures("_float64")
@ties
@networks
def test_every_expression_is_the_oracles(name, tied):
    deep, (cost, activations, outputs) = unrolled(name, tied), NETWORKS[name]
    _, h, o, r = reference.deep_forward(values_of(tied), ROWS, activations, outputs)
    x = pt.constant(ROWS)
    code = deep.encode(x)
    per_row = getattr(deep, cost)(x)
    pieces = [code, deep.pre_output(code), deep.decode(code), deep.reconstruct(x), per_row]
    found = pytensor.function([], pieces, mode=MODE)()
    costs = reference.deep_costs(values_of(tied), ROWS, **expected_of(name))
    for value, other in zip(found, [h[-1], o[0], r[0], r[0], costs], strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-10)


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("level", [0.0, 0.4], ids=["clean", "corrupted"])
@ties
@networks
def test_gradients_are_those_derived_by_hand(name, tied, level):
    deep = unrolled(name, tied)
    corrupted = masking(pt.constant(ROWS), level, symbolic_generator(1))
    mean = getattr(deep, NETWORKS[name][0])(pt.constant(ROWS), corrupted).mean()
    gradients = pytensor.grad(mean, deep.params)
    noisy, *found = pytensor.function([], [corrupted, *gradients], mode=MODE)()
    assert (noisy == 0).any() == bool(level)
    expected = reference.deep_gradients(values_of(tied), ROWS, noisy, **expected_of(name))
    for value, other in zip(found, flat(expected), strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-9, atol=1e-13)


@pytest.mark.usefixtures("_float64")
@ties
@pytest.mark.parametrize("name", ["images", "table", "mixed"])
def test_gradients_by_finite_differences(name, tied):
    deep = unrolled(name, tied)
    cost = getattr(deep, NETWORKS[name][0])(pt.constant(ROWS)).mean()

    def of_parameters(*values):
        return clone_replace(cost, dict(zip(deep.params, values, strict=True)))

    check_gradient(of_parameters, *(p.get_value() for p in deep.params))


# Numba would rather not multiply a transpose.
@pytest.mark.filterwarnings(r"ignore:np.dot\(\) is faster on contiguous arrays")
@pytest.mark.parametrize(
    ("backend", "name", "tied"),
    [
        ("c", "images", True),
        ("c", "table", False),
        ("xla", "images", True),
        ("xla", "table", False),
        # Numba takes long to compile.
        ("numba", "table", True),
    ],
)
def test_steps_on_the_backends_are_the_oracles(backend, name, tied):
    rows, rate = np.arange(6).reshape(3, 2), 0.5
    with pytensor.config.change_flags(warn_float64="ignore"):
        deep, x = unrolled(name, tied, "float32"), pt.matrix("x")
        cost = getattr(deep, NETWORKS[name][0])(x).mean()
        engine = resolve_backend(backend, device_of(backend))
        runner = engine.compile(make_step(cost, sgd(cost, deep.params, rate), [x]))
        costs = runner.run([engine.put(ROWS.astype("float32"))], rows, (0,))
        runner.sync()
    layers, expected = values_of(tied), []
    for numbers in rows:
        expected.append(reference.deep_costs(layers, ROWS[numbers], **expected_of(name)).mean())
        slopes = reference.deep_gradients(layers, ROWS[numbers], **expected_of(name))
        layers = [
            reference.DeepLayer(
                *(None if p is None else p - rate * g for p, g in zip(layer, own, strict=True))
            )
            for layer, own in zip(layers, slopes, strict=True)
        ]
    np.testing.assert_allclose(costs, expected, rtol=1e-4)
    for ours, theirs in zip(deep.params, flat(layers), strict=True):
        np.testing.assert_allclose(ours.get_value(), theirs, rtol=1e-4, atol=1e-6)


@networks
def test_nothing_is_upcast(name):
    deep, x = unrolled(name, tied=False, dtype="float32"), pt.matrix("x")
    per_row = getattr(deep, NETWORKS[name][0])(x, masking(x, 0.3, symbolic_generator(1)))
    gradients = pytensor.grad(per_row.mean(), deep.params)
    found = [per_row, deep.encode(x), deep.reconstruct(x), *gradients]
    assert {e.dtype for e in found} == {"float32"}


def test_one_layer_is_that_layer():
    layer = AutoEncoderLayer(5, 3, rng=np.random.default_rng(0))
    x, deep = pt.constant(ROWS.astype("float32")), UnrolledLayers([layer])
    assert deep.params == layer.params
    for piece in ("encode", "reconstruct", "cross_entropy", "squared_error"):
        np.testing.assert_array_equal(
            evaluate(getattr(deep, piece)(x)), evaluate(getattr(layer, piece)(x))
        )


def test_unrolled_layers_are_layers_of_others():
    deep = unrolled("table", tied=True, dtype="float32")
    nested = UnrolledLayers([deep.layers[0], UnrolledLayers(deep.layers[1:])])
    x = pt.constant(ROWS.astype("float32"))
    assert nested.params == deep.params
    np.testing.assert_array_equal(evaluate(nested.reconstruct(x)), evaluate(deep.reconstruct(x)))


def test_parameters_are_shared_and_numbered():
    deep = unrolled("table", tied=False, dtype="float32")
    names = ["W", "hidden_bias", "visible_bias", "W_prime"]
    assert list(deep.named_params()) == [f"{name}_{k}" for k in (1, 2, 3) for name in names]
    assert list(deep.named_params().values()) == deep.params
    assert deep.params[:4] == deep.layers[0].params
    assert (deep.n_visible, deep.n_hidden, deep.tied) == (5, 2, False)


@pytest.mark.usefixtures("_float64")
def test_the_contractive_penalty_is_that_of_the_whole_encoder():
    deep, activations = unrolled("images", tied=True), NETWORKS["images"][1]

    def encode(x):
        return reference.deep_forward(values_of(tied=True), x, activations, activations)[1][-1]

    found = evaluate(contractive(deep, pt.constant(ROWS)))
    np.testing.assert_allclose(found, oracles.squared_jacobian(encode, ROWS), rtol=1e-6)


def test_layers_that_do_not_fit_are_refused():
    rng = np.random.default_rng(0)
    layers = [AutoEncoderLayer(*sizes, rng=rng) for sizes in ((5, 4), (3, 2))]
    with pytest.raises(ValueError, match=re.escape("layer 1 has 4 units, but layer 2 has 3 feat")):
        UnrolledLayers(layers)
    with pytest.raises(ValueError, match="layers is empty"):
        UnrolledLayers([])
