"""The layer against the oracle: values, gradients through the tied weight, ownership."""

import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor import config
from pytensor.graph.replace import clone_replace

from autoenc.graph import AutoEncoderLayer, masking, sgd, symbolic_generator
from tests import reference
from tests.graph.helpers import FLOAT64, MODE, check_gradient, evaluate

ACTIVATIONS = sorted(reference.ACTIVATIONS)
N_VISIBLE, N_HIDDEN = 5, 3
ROWS = np.random.default_rng(11).random((4, N_VISIBLE))

# (cost, activation, output): every activation before each kind of cost, and every output.
MODELS = [
    *[("cross_entropy", activation, "sigmoid") for activation in ACTIVATIONS],
    *[("squared_error", activation, "linear") for activation in ACTIVATIONS],
    *[("squared_error", "sigmoid", output) for output in ACTIVATIONS if output != "linear"],
    ("cross_entropy", "tanh", "linear"),
]
models = pytest.mark.parametrize(("cost", "activation", "output"), MODELS)
noise = pytest.mark.parametrize("level", [0.0, 0.4], ids=["clean", "corrupted"])


def reference_parameters():
    """Reconstructions with them are well within (0, 1), even when the output is linear."""
    rng = np.random.default_rng(12)
    return reference.Parameters(
        W=rng.uniform(-0.2, 0.2, (N_VISIBLE, N_HIDDEN)),
        hidden_bias=rng.uniform(-0.2, 0.2, N_HIDDEN),
        visible_bias=rng.uniform(0.4, 0.6, N_VISIBLE),
    )


def float64_layer(**settings):
    values = reference_parameters()._asdict()
    shared = {name: pytensor.shared(value, name=name) for name, value in values.items()}
    return AutoEncoderLayer(N_VISIBLE, N_HIDDEN, rng=None, **shared, **settings)


def new_layer(seed=0, **settings):
    return AutoEncoderLayer(N_VISIBLE, N_HIDDEN, rng=np.random.default_rng(seed), **settings)


def shared(shape, dtype="float32", **names):
    return pytensor.shared(np.zeros(shape, dtype), **names)


@pytest.mark.usefixtures("_float64")
@models
def test_every_expression_is_the_oracles(cost, activation, output):
    layer = float64_layer(activation=activation, output=output)
    x = pt.constant(ROWS)
    code = layer.encode(x)
    expected = reference.forward(reference_parameters(), ROWS, activation, output)
    got = pytensor.function(
        [],
        [
            code,
            layer.pre_output(code),
            layer.decode(code),
            layer.reconstruct(x),
            getattr(layer, cost)(x),
        ],
        mode=MODE,
    )()
    costs = reference.costs(
        reference_parameters(), ROWS, cost=cost, activation=activation, output=output
    )
    wanted = [*expected[1:], expected.reconstruction, costs]
    for value, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-12)


@pytest.mark.usefixtures("_float64")
@noise
@models
def test_gradients_are_those_derived_by_hand(cost, activation, output, level):
    layer = float64_layer(activation=activation, output=output)
    corrupted = masking(pt.constant(ROWS), level, symbolic_generator(1))
    mean = getattr(layer, cost)(pt.constant(ROWS), corrupted).mean()
    f = pytensor.function([], [corrupted, *pytensor.grad(mean, layer.params)], mode=MODE)
    noisy, *got = f()
    assert (noisy == 0).any() == bool(level)
    expected = reference.gradients(
        reference_parameters(), ROWS, noisy, cost=cost, activation=activation, output=output
    )
    for value, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-10, atol=1e-13)


@pytest.mark.usefixtures("_float64")
@models
def test_gradients_by_finite_differences(cost, activation, output):
    layer = float64_layer(activation=activation, output=output)
    check_finite_differences(layer, getattr(layer, cost)(pt.constant(ROWS)))


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("tied", [True, False])
def test_gradients_through_a_fixed_mask_by_finite_differences(cost, tied):
    own = {} if tied else {"W_prime": pytensor.shared(reference_parameters().W.T + 0.1)}
    layer = float64_layer(tied=tied, **own)
    corrupted = masking(pt.constant(ROWS), 0.4, symbolic_generator(1))
    check_finite_differences(layer, getattr(layer, cost)(pt.constant(ROWS), corrupted))


def check_finite_differences(layer, cost):
    """The gradient of the cost of all rows, in all directions of all parameters."""

    def of_parameters(*values):
        return clone_replace(cost, dict(zip(layer.params, values, strict=True)))

    check_gradient(of_parameters, *(p.get_value() for p in layer.params))


@pytest.mark.usefixtures("_float64")
def test_the_tied_gradient_is_the_sum_of_the_encoders_and_the_decoders():
    x = pt.constant(ROWS)
    tied = float64_layer()
    untied = float64_layer(tied=False, W_prime=pytensor.shared(reference_parameters().W.T.copy()))
    (both,) = pytensor.grad(tied.cross_entropy(x).mean(), [tied.W])
    encoder, decoder = pytensor.grad(untied.cross_entropy(x).mean(), [untied.W, untied.W_prime])
    both, sum_ = pytensor.function([], [both, encoder + decoder.T], mode=MODE)()
    np.testing.assert_allclose(both, sum_, rtol=1e-12)


@models
def test_nothing_is_upcast(cost, activation, output):
    layer = new_layer(activation=activation, output=output)
    x = pt.matrix("x")
    corrupted = masking(x, 0.3, symbolic_generator(1))
    per_row = getattr(layer, cost)(x, corrupted)
    expressions = [per_row, layer.encode(x), layer.reconstruct(x)]
    gradients = pytensor.grad(per_row.mean(), layer.params)
    assert {e.dtype for e in [*expressions, *gradients]} == {"float32"}
    assert {p.dtype for p in layer.params} == {"float32"}


@pytest.mark.parametrize("output", ["sigmoid", pt.sigmoid], ids=["name", "function"])
def test_cross_entropy_is_finite_where_the_sigmoid_is_0_or_1(output):
    far = pytensor.shared(np.array([1e4, -1e4, 1e4, -1e4, 0], "float32"))
    layer = new_layer(output=output, visible_bias=far)
    x = pt.constant(np.array([[1, 0, 0, 1, 0]], "float32"))
    cost = layer.cross_entropy(x)
    values = pytensor.function([], [cost, *pytensor.grad(cost.sum(), layer.params)], mode=MODE)()
    assert all(np.isfinite(value).all() for value in values)
    assert values[0] == pytest.approx(2e4, rel=1e-3)


def test_cross_entropy_of_another_output_uses_that_output():
    layer = new_layer(output=lambda a: 0.25 + 0 * a)
    x = pt.constant(np.ones((2, N_VISIBLE), "float32"))
    cost = evaluate(layer.cross_entropy(x))
    np.testing.assert_allclose(cost, -N_VISIBLE * np.log(0.25), rtol=1e-6)


@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
def test_what_is_encoded_may_differ_from_the_target(cost):
    layer = new_layer()
    x, other = pt.matrices("x", "other")
    first, second = ROWS.astype("float32"), ROWS[::-1].astype("float32")
    f = pytensor.function([x, other], getattr(layer, cost)(x, other), mode=MODE)
    plain = pytensor.function([x], getattr(layer, cost)(x), mode=MODE)
    np.testing.assert_array_equal(f(first, first), plain(first))
    values = reference.Parameters(*(p.get_value() for p in layer.params))
    expected = reference.costs(values, first, second, cost=cost)
    np.testing.assert_allclose(f(first, second), expected, rtol=1e-5)
    assert not np.allclose(expected, reference.costs(values, second, first, cost=cost), rtol=1e-3)


def test_weights_are_drawn_and_biases_are_zero():
    layer = new_layer()
    bound = 4 * np.sqrt(6 / (N_VISIBLE + N_HIDDEN))
    W = np.random.default_rng(0).uniform(-bound, bound, (N_VISIBLE, N_HIDDEN))
    np.testing.assert_array_equal(layer.W.get_value(), W.astype("float32"))
    assert not layer.hidden_bias.get_value().any()
    assert not layer.visible_bias.get_value().any()
    assert layer.hidden_bias.get_value().shape == (N_HIDDEN,)
    assert layer.visible_bias.get_value().shape == (N_VISIBLE,)


def test_the_decoder_of_an_untied_layer_has_weights_of_its_own():
    layer = new_layer(tied=False)
    assert layer.params == [layer.W, layer.hidden_bias, layer.visible_bias, layer.W_prime]
    W, W_prime = layer.W.get_value(), layer.W_prime.get_value()
    assert W_prime.shape == (N_HIDDEN, N_VISIBLE)
    assert not np.isin(W_prime, W).any()
    layer.W_prime.set_value(np.zeros_like(W_prime))
    reconstruction = evaluate(layer.reconstruct(pt.constant(ROWS.astype("float32"))))
    np.testing.assert_array_equal(reconstruction, 0.5)


def test_params_are_named_and_ordered_and_the_list_is_the_callers():
    layer = new_layer()
    assert list(layer.named_params()) == ["W", "hidden_bias", "visible_bias"]
    assert layer.params == [layer.W, layer.hidden_bias, layer.visible_bias]
    layer.params.clear()
    assert len(layer.params) == 3
    assert list(new_layer(tied=False).named_params())[-1] == "W_prime"


@pytest.mark.parametrize(("name", "prefix"), [("first", "first_"), (None, "")])
def test_names_show_in_the_printed_graph(name, prefix):
    layer = new_layer(name=name)
    x = pt.matrix("digits")
    cost = layer.cross_entropy(x, masking(x, 0.3, symbolic_generator(1, name="noise"))).mean()
    for printed in (pytensor.dprint(cost, file="str"), pytensor.printing.pp(cost)):
        for word in ("W", "hidden_bias", "visible_bias"):
            assert re.search(rf"\b{prefix}{word}\b", printed)
        assert "digits" in printed
        assert "noise" in printed


def test_what_is_given_is_used_as_it_is():
    first = new_layer(name="first")
    second = new_layer(W=first.W, hidden_bias=first.hidden_bias, visible_bias=first.visible_bias)
    assert second.params == first.params
    assert second.W is first.W
    assert second.W.name == "first_W"


def test_one_update_trains_both_owners_of_a_weight():
    first = new_layer(seed=0)
    second = new_layer(seed=1, W=first.W)
    assert second.hidden_bias is not first.hidden_bias
    x = pt.matrix("x")
    rows = ROWS.astype("float32")
    codes = pytensor.function([x], second.encode(x), mode=MODE)
    cost = first.cross_entropy(x).mean()
    step = pytensor.function([x], cost, updates=sgd(cost, first.params, 1.0), mode=MODE)
    before = codes(rows)
    step(rows)
    expected = reference.sigmoid(rows @ first.W.get_value())
    np.testing.assert_allclose(codes(rows), expected, rtol=1e-5)
    assert not np.allclose(codes(rows), before, rtol=1e-3)


def test_a_stack_on_one_weight_sums_its_gradients():
    layer = new_layer()
    x = pt.matrix("x")
    once, twice = layer.reconstruct(x), layer.reconstruct(layer.reconstruct(x))
    gradient = pytensor.grad((once + twice).sum(), layer.W)
    parts = pytensor.grad(once.sum(), layer.W) + pytensor.grad(twice.sum(), layer.W)
    f = pytensor.function([x], [gradient, parts], mode=MODE)
    np.testing.assert_allclose(*f(ROWS.astype("float32")), rtol=1e-4, atol=1e-6)


def test_numpy_integers_are_sizes():
    layer = AutoEncoderLayer(np.int64(4), np.int32(2), rng=np.random.RandomState(0))
    assert (layer.n_visible, layer.n_hidden) == (4, 2)
    assert type(layer.n_visible) is int


@pytest.mark.parametrize("value", [0, -3, 2.0, True, "4", None])
@pytest.mark.parametrize("name", ["n_visible", "n_hidden"])
def test_a_size_that_is_no_positive_integer_is_refused(name, value):
    sizes = {"n_visible": 4, "n_hidden": 2, name: value}
    refuses(
        ValueError, f"{name} is {value!r}; expected an integer of at least 1.", rng=None, **sizes
    )


@pytest.mark.parametrize(
    ("missing", "given"), [("W", {}), ("W_prime", {"tied": False, "W": shared((4, 2))})]
)
def test_weights_cannot_be_drawn_without_a_generator(missing, given):
    refuses(
        ValueError,
        f"rng is None, but {missing} must be drawn; pass a NumPy generator such as "
        "numpy.random.default_rng(0), or give the weights.",
        rng=None,
        **given,
    )


def test_tied_weights_have_no_second_matrix():
    refuses(
        ValueError,
        "W_prime was given, but tied weights have none; use tied=False.",
        W_prime=shared((2, 4)),
    )


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("W", (2, 4), (4, 2)),
        ("W", (8,), (4, 2)),
        ("hidden_bias", (4,), (2,)),
        ("visible_bias", (2,), (4,)),
        ("visible_bias", (1, 4), (4,)),
        ("W_prime", (4, 2), (2, 4)),
    ],
)
def test_a_parameter_of_another_shape_is_refused(name, shape, expected):
    refuses(
        ValueError,
        f"{name} has shape {shape}; expected {expected}.",
        **{name: shared(shape)},
        tied=name != "W_prime",
    )


@pytest.mark.parametrize("name", ["W", "hidden_bias", "visible_bias", "W_prime"])
def test_a_parameter_of_another_precision_is_refused(name):
    shape = {"W": (4, 2), "hidden_bias": 2, "visible_bias": 4, "W_prime": (2, 4)}[name]
    with config.change_flags(**FLOAT64):
        double = shared(shape, "float64")
    refuses(
        ValueError,
        f"{name} has dtype float64; expected float32. Cast it, or change floatX.",
        **{name: double},
        tied=name != "W_prime",
    )


@pytest.mark.parametrize(
    ("given", "kind"),
    [(np.zeros((4, 2), "float32"), "ndarray"), (pt.constant(0.0), "TensorConstant")],
)
def test_a_parameter_that_is_not_shared_is_refused(given, kind):
    got = type(given).__name__
    assert kind in got
    refuses(
        ValueError,
        f"W is of type {got}; expected a shared variable, such as pytensor.shared(array).",
        W=given,
    )


@pytest.mark.parametrize("which", ["activation", "output"])
def test_an_unknown_activation_is_refused(which):
    text = (
        f"{which} 'swish' is not known; expected one of "
        "linear, relu, sigmoid, softplus, tanh, or a function on symbolic expressions."
    )
    refuses(ValueError, text, **{which: "swish"})


def refuses(error, text, **settings):
    settings = {"n_visible": 4, "n_hidden": 2, "rng": np.random.default_rng(0), **settings}
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        AutoEncoderLayer(**settings)
