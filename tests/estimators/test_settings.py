"""The table of settings covers all constructors, and registered names work in all estimators."""

import inspect
from fractions import Fraction

import numpy as np
import pytensor.tensor as pt
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from autoenc import AutoEncoder, AutoEncoderDetector, DenoisingAutoEncoder, estimators
from autoenc.cli import main
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
    stacks,
)
from autoenc.graph import ACTIVATIONS, OPTIMIZERS, exponential_decay, sgd
from autoenc.graph.corruption import CORRUPTIONS
from autoenc.graph.penalties import PENALTIES, Penalty
from autoenc.models.schema import CLASSES
from autoenc.models.settings import SETTINGS, check_settings
from autoenc.storage import ModelFileError, load_arrays, save_arrays

X = np.random.default_rng(0).random((30, 6)).astype("float32")
Y = np.arange(30) % 3
QUICK = {"n_epochs": 1, "random_state": 0, "verbose": False}
MAKERS = {
    "plain": lambda **s: AutoEncoder(3, **{**QUICK, **s}),
    "denoising": lambda **s: DenoisingAutoEncoder(3, **{**QUICK, **s}),
    "stack": lambda **s: StackedDenoisingAutoEncoder((4, 2), **{**QUICK, **s}),
    "deep": lambda **s: DeepAutoEncoder((4, 2), pretraining_epochs=1, **{**QUICK, **s}),
    "softmax": lambda **s: SoftmaxClassifier(**{**QUICK, **s}),
    "perceptron": lambda **s: PerceptronClassifier(3, **{**QUICK, **s}),
    "tuned": lambda **s: StackedDenoisingClassifier(
        (4, 2), pretraining_epochs=1, **{**QUICK, **s}
    ),
}


def takes(name, setting):
    model = MAKERS[name]()
    layer = getattr(model, "layer", None)
    own = set(model.get_params(deep=False))
    return setting in (own if layer is None or name == "tuned" else own | set(layer.get_params()))


def bytes_of(model):
    return {name: array.tobytes() for name, array in model.model_.all_arrays().items()}


def goes_through_everything(model, folder):
    """Fit, save, load and continue: the loaded model as the one in memory."""
    model.fit(X, Y)
    model.save(folder / "model")
    again = type(model).load(folder / "model", verbose=False)
    assert bytes_of(again) == bytes_of(model)
    for m in (model, again):
        m.partial_fit(X, Y)
    assert bytes_of(again) == bytes_of(model)
    return model


@pytest.mark.parametrize("cls", CLASSES)
def test_every_setting_is_in_the_table_and_in_the_docstring(cls):
    cls = getattr(estimators, cls)
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        assert name in SETTINGS
        entry = next(line for line in cls.__doc__.splitlines() if line.startswith(f"{name} : "))
        default = repr(parameter.default).replace("'", '"')
        assert "optional" in entry or f"default {default}" in entry


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("name", MAKERS)
def test_every_penalty_works_in_every_estimator(name, penalty, tmp_path):
    if not takes(name, penalty):
        assert (name, penalty) in {("softmax", "contraction"), ("softmax", "sparsity")}
        return
    without = MAKERS[name]().fit(X, Y).partial_fit(X, Y)
    settings = {penalty: 0.5}
    if (name, penalty) == ("perceptron", "sparsity"):
        settings["activation"] = "sigmoid"  # by default tanh, whose values can be negative
    model = goes_through_everything(MAKERS[name](**settings), tmp_path)
    assert bytes_of(without) != bytes_of(model)


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"sigmoid"}))
@pytest.mark.parametrize("name", ["plain", "deep", "perceptron", "tuned"])
def test_sparsity_needs_codes_in_the_unit_interval(name, activation):
    model = MAKERS[name](activation=activation, sparsity=0.5)
    with pytest.raises(ValueError, match=f"sparsity is 0.5 and activation is '{activation}'"):
        model.fit(X, Y)
    assert not hasattr(model, "model_")


def refused_schedule(step):
    raise ValueError("no rate")


@pytest.mark.parametrize("name", ["deep", "tuned"])
@pytest.mark.parametrize(
    "settings", [{"sparsity": 0.5, "activation": "tanh"}, {"learning_rate": refused_schedule}]
)
def test_a_network_is_refused_before_its_layers_are_trained(name, settings, monkeypatch):
    trained = []
    monkeypatch.setattr(stacks, "learn_stack", lambda *_: trained.append(1))
    with pytest.raises(ValueError, match=r"sparsity is 0\.5|no rate"):
        MAKERS[name](**settings).fit(X, Y)
    assert not trained


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "optimizer returned None of type NoneType; expected updates"),
        (3, "optimizer returned 3 of type int; expected updates"),
        ({}, "optimizer returned no updates; expected a new value"),
    ],
)
def test_what_a_rule_returns_is_checked(result, message):
    model = AutoEncoder(3, optimizer=lambda cost, params, rate: result, **QUICK)
    with pytest.raises((TypeError, ValueError), match=message):
        model.fit(X)


def test_a_rule_may_return_pairs_as_in_theano():
    def pairs(cost, params, rate):
        return list(sgd(cost, params, rate).items())

    given = AutoEncoder(3, optimizer=pairs, learning_rate=0.1, **QUICK).fit(X)
    named = AutoEncoder(3, optimizer="sgd", learning_rate=0.1, **QUICK).fit(X)
    assert bytes_of(given) == bytes_of(named)


@pytest.mark.parametrize("rate", [None, "0.1", np.ones(3), pt.zeros(3)])
def test_what_a_schedule_returns_is_checked(rate):
    model = AutoEncoder(3, learning_rate=lambda step: rate, **QUICK)
    with pytest.raises(
        TypeError, match=r"learning_rate returned .* of type .*; expected a number"
    ):
        model.fit(X)


def test_sparsity_of_a_table_has_the_sigmoid():
    table = 100 * (X - 0.5)
    model = AutoEncoder(3, sparsity=10.0, sparsity_target=0.1, **{**QUICK, "n_epochs": 20})
    assert abs(model.fit(table).transform(table).mean() - 0.1) < 0.03
    assert model.model_.choices["activation"] == "sigmoid"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", MAKERS)
def test_every_optimizer_works_in_every_estimator(name, optimizer, tmp_path):
    goes_through_everything(MAKERS[name](optimizer=optimizer), tmp_path)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("name", ["denoising", "stack", "deep", "tuned"])
def test_every_corruption_works_in_every_estimator(name, corruption, tmp_path):
    goes_through_everything(MAKERS[name](corruption=(corruption, 0.2)), tmp_path)


ONE = ("tanh", "sigmoid")
EACH = (("sigmoid", "tanh"), ["tanh", "sigmoid"])
ACTIVATIONS_OF = {
    "plain": ("auto", *ONE),
    "denoising": ("auto", *ONE),
    "stack": ("auto", *ONE, *EACH),
    "deep": ("auto", *ONE, *EACH),
    "perceptron": ONE,
    "tuned": ("auto", *ONE),
}


@pytest.mark.parametrize(
    ("name", "activation"),
    [(name, one) for name, several in ACTIVATIONS_OF.items() for one in several],
)
def test_every_activation_is_saved(name, activation, tmp_path):
    """One for all layers, or that of each."""
    goes_through_everything(MAKERS[name](activation=activation), tmp_path)


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "softmax"])
def test_an_operation_of_pytensor_is_an_activation(name, tmp_path):
    """Operations have a method `get_params`, by which scikit-learn recognises estimators."""
    model = clone(MAKERS[name](activation=pt.tanh)).set_params(batch_size=10)
    assert model.get_params()["activation"] is pt.tanh
    assert "tanh" in model._repr_html_()
    model.fit(X, Y).save(tmp_path / "model")
    with pytest.raises(ModelFileError, match=r"given as the function pytensor\.tensor.*anh"):
        type(model).load(tmp_path / "model")
    given = {"activation": pt.tanh}
    again = type(model).load(tmp_path / "model", **given)
    assert bytes_of(again) == bytes_of(model)
    assert bytes_of(again.partial_fit(X, Y)) == bytes_of(model.partial_fit(X, Y))
    same = MAKERS[name](activation="tanh").set_params(batch_size=10).fit(X, Y).partial_fit(X, Y)
    for key, array in same.model_.all_arrays().items():
        np.testing.assert_allclose(model.model_.all_arrays()[key], array, rtol=1e-4, atol=1e-6)


def test_operations_can_be_searched():
    search = GridSearchCV(AutoEncoder(3, **QUICK), {"activation": [pt.tanh, pt.sigmoid]}, cv=2)
    assert search.fit(X).best_params_["activation"] in (pt.tanh, pt.sigmoid)


# Numbers of other types that equal the defaults.
OTHER_NUMBERS = {
    "small": (np.uint8, np.float64),
    "of fractions": (np.int64, Fraction),
}


@pytest.mark.parametrize("types", OTHER_NUMBERS)
@pytest.mark.parametrize("name", MAKERS)
def test_numbers_of_other_types_are_fitted_and_saved(name, types, tmp_path):
    of_integers, of_floats = OTHER_NUMBERS[types]
    given = MAKERS[name](validation_fraction=0.25) if takes(name, "validation_fraction") else None
    plain = (given or MAKERS[name]()).fit(X, Y)
    settings = {
        name: of_integers(value) if isinstance(value, int) else of_floats(value)
        for name, value in plain.get_params(deep=False).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert len(settings) >= 1
    model = goes_through_everything(clone(plain).set_params(**settings), tmp_path)
    assert bytes_of(model) == bytes_of(plain.partial_fit(X, Y))


def test_sizes_may_be_a_range(tmp_path):
    model = goes_through_everything(
        DeepAutoEncoder(range(3, 1, -1), pretraining_epochs=1, **QUICK), tmp_path
    )
    assert DeepAutoEncoder.load(tmp_path / "model").hidden_sizes == (3, 2)
    assert model.transform(X).shape == (30, 2)


def test_noises_may_be_an_array(tmp_path):
    model = DenoisingAutoEncoder(3, corruption=np.array([0.1, 0.2]), **QUICK)
    goes_through_everything(model, tmp_path)
    same = DenoisingAutoEncoder(3, corruption=[0.1, 0.2], **QUICK).fit(X).partial_fit(X)
    assert bytes_of(same) == bytes_of(model)


def test_a_schedule_is_named_with_its_arguments(tmp_path):
    schedule = exponential_decay(0.05, 0.5, 2)
    model = DenoisingAutoEncoder(3, learning_rate=schedule, **QUICK).fit(X)
    model.save(tmp_path / "model")
    with pytest.raises(ModelFileError, match=r"exponential_decay\(0\.05, 0\.5, 2\).*pass it: "):
        DenoisingAutoEncoder.load(tmp_path / "model")
    again = DenoisingAutoEncoder.load(tmp_path / "model", learning_rate=schedule)
    assert bytes_of(again.partial_fit(X)) == bytes_of(model.partial_fit(X))


def test_more_units_than_memory_are_refused_by_their_number():
    model = DenoisingAutoEncoder(10**13, **QUICK)
    with pytest.raises(MemoryError, match=r"6 columns and 10,000,000,000,000 units.*Use fewer"):
        model.fit(X)


def test_layers_without_noise_are_saved(tmp_path):
    layer = DenoisingAutoEncoder(corruption=None, **QUICK)
    goes_through_everything(
        StackedDenoisingAutoEncoder((4, 2), layer=layer, random_state=0), tmp_path
    )


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_settings_are_finite(value):
    with pytest.raises(ValueError, match=f"l1 is {value}; expected a number >= 0 that is finite"):
        check_settings({"l1": value})


def test_a_wrong_output_is_named():
    with pytest.raises(ValueError, match="output 'softmax' is not known; expected one of linear"):
        AutoEncoder(3, output="softmax", **QUICK).fit(X)


def test_a_truth_value_is_no_seed():
    with pytest.raises(ValueError, match="random_state is True; expected an integer from 0"):
        AutoEncoder(3, n_epochs=1, random_state=True, verbose=False).fit(X)


def test_a_penalty_that_is_registered_reaches_check_and_graph(monkeypatch):
    """What a new penalty needs beside its registration is an argument of the constructors."""

    class WithRange(AutoEncoder.__bases__[0], *AutoEncoder.__bases__[1:]):
        _kind = AutoEncoder._kind

        def __init__(self, n_hidden=3, *, spread=0.0, n_epochs=1, random_state=0):
            self.n_hidden, self.spread = n_hidden, spread
            self.n_epochs, self.random_state = n_epochs, random_state

        def get_params(self, deep=True):
            rest = AutoEncoder(verbose=False).get_params(deep=False)
            return {**rest, **super().get_params(deep=deep)}

        warm_start = False

    spread = Penalty("Weight of the range of W.", lambda model, x, s: _spread(model.weights[0]))
    monkeypatch.setitem(PENALTIES, "spread", spread)
    plain, penalised = WithRange().fit(X), WithRange(spread=1.0).fit(X)
    assert np.ptp(penalised.W_) < np.ptp(plain.W_)


def _spread(W):
    return W.max() - W.min()


def test_a_stack_consists_of_its_layer():
    layer = DenoisingAutoEncoder(optimizer="adam", l2=1e-5, **QUICK)
    stack = StackedDenoisingAutoEncoder((4, 2), layer=layer, random_state=0).fit(X)
    flat = StackedDenoisingAutoEncoder((4, 2), optimizer="adam", l2=1e-5, **QUICK).fit(X)
    assert bytes_of(stack) == bytes_of(flat)
    assert [fitted.optimizer for fitted in stack.layers_] == ["adam", "adam"]
    assert not hasattr(layer, "model_")


@pytest.mark.parametrize("layer", [None, DenoisingAutoEncoder(activation="tanh", corruption=0.2)])
@pytest.mark.parametrize("own", [{}, {"activation": "relu"}, {"corruption": [0.1, 0.2]}])
def test_a_loaded_stack_has_the_settings_of_its_layer(layer, own, tmp_path):
    layer = DenoisingAutoEncoder(**{**(layer.get_params() if layer else {}), **QUICK})
    stack = StackedDenoisingAutoEncoder((4, 2), layer=layer, random_state=0, **own).fit(X)
    stack.save(tmp_path / "model")
    again = StackedDenoisingAutoEncoder.load(tmp_path / "model")
    for name in ("activation", "corruption"):
        assert getattr(again, name) == getattr(stack, name)
        if name not in own:
            assert getattr(again.layer, name) == getattr(stack.layer, name)
    # They can be changed, also together with the number of layers.
    changed = {"hidden_sizes": (3,)} if "corruption" not in own else {}
    for settings in ({"layer__corruption": 0.9}, {"layer__activation": "softplus"}, changed):
        fits = [bytes_of(model.set_params(**settings).fit(X)) for model in (stack, again)]
        assert fits[0] == fits[1]


@pytest.mark.parametrize("given", [[0.1, 0.2], (0.1, 0.2), np.array([0.1, 0.2])])
def test_load_may_give_each_layer_a_noise(given, tmp_path):
    StackedDenoisingAutoEncoder((4, 2), **QUICK).fit(X).save(tmp_path / "model")
    again = StackedDenoisingAutoEncoder.load(tmp_path / "model", corruption=given)
    assert again.corruption is given
    assert [layer.corruption for layer in again.layers_] == [0.1, 0.2]


@pytest.mark.parametrize("corruption", [[None, 0.2], [0.2, None], [None, None]])
def test_layers_without_noise_among_others_are_saved(corruption, tmp_path):
    stack = StackedDenoisingAutoEncoder((4, 2), corruption=corruption, **QUICK).fit(X)
    stack.save(tmp_path / "model")
    again = type(stack).load(tmp_path / "model")
    assert again.corruption == corruption
    assert bytes_of(again) == bytes_of(stack)
    assert bytes_of(again.fit(X)) == bytes_of(stack.fit(X))


@pytest.mark.parametrize(("fitted", "changed"), [("mask", "auto"), ("auto", "mask")])
@pytest.mark.parametrize("kind", ["autoencoder", "stack", "detector"])
def test_missing_stays_as_it_was_fitted(kind, fitted, changed, tmp_path):
    """A file with the changed setting was a model that treats NaN differently."""
    make = {
        "autoencoder": lambda **s: AutoEncoder(2, **QUICK, **s),
        "stack": lambda **s: StackedDenoisingAutoEncoder((3, 2), **QUICK, **s),
        "detector": lambda **s: AutoEncoderDetector(random_state=0, verbose=False, **s),
    }[kind]
    model = make(missing=fitted).fit(X).set_params(missing=changed)
    expected = "mask" if fitted == "mask" else "refuse"
    with pytest.raises(
        ValueError, match=f"missing is '{changed}'; expected '{expected}'.*Restore"
    ):
        model.save(tmp_path / "model")
    model.set_params(missing=expected).save(tmp_path / "model")
    assert type(model).load(tmp_path / "model").model_.masked == model.model_.masked


def test_load_gives_the_layer_its_function(tmp_path):
    layer = DenoisingAutoEncoder(activation=ACTIVATIONS["tanh"], **QUICK)
    stack = StackedDenoisingAutoEncoder((4, 2), layer=layer, random_state=0).fit(X)
    stack.save(tmp_path / "model")
    again = type(stack).load(tmp_path / "model", activation=ACTIVATIONS["tanh"])
    assert (again.activation, again.layer.activation) == (None, ACTIVATIONS["tanh"])
    assert bytes_of(again) == bytes_of(stack)


@pytest.mark.parametrize("given", [{"layer": DenoisingAutoEncoder()}, {"of_layer": []}])
def test_load_refuses_what_a_file_contains_differently(given, tmp_path):
    StackedDenoisingAutoEncoder((4, 2), **QUICK).fit(X).save(tmp_path / "model")
    with pytest.raises(TypeError, match="layer"):
        StackedDenoisingAutoEncoder.load(tmp_path / "model", **given)


def test_settings_of_layers_can_be_searched():
    stack = StackedDenoisingAutoEncoder((4, 2), **QUICK)
    grid = {"layer__l2": [0.0, 10.0], "hidden_sizes": [(4, 2)]}
    search = GridSearchCV(stack, grid, cv=2).fit(X)
    assert search.best_estimator_.layer.l2 == search.best_params_["layer__l2"]
    assert clone(stack).set_params(layer__l2=3.0).layer.l2 == 3.0
    assert StackedDenoisingAutoEncoder((4,)).set_params(layer__l2=3.0).layer.l2 == 3.0


IGNORED = {"n_hidden": 7, "random_state": 3, "warm_start": True, "dtype": "float64"}


@pytest.mark.parametrize("kind", [StackedDenoisingClassifier, DeepAutoEncoder])
def test_settings_of_a_layer_that_the_network_determines_are_not_stored(kind, tmp_path):
    layer = DenoisingAutoEncoder(n_epochs=1, corruption=0.2, **IGNORED)
    model = kind((4, 2), layer=layer, n_epochs=1, random_state=0, verbose=False)
    model.fit(X, Y) if kind is StackedDenoisingClassifier else model.fit(X)
    model.save(tmp_path / "m")
    assert not {f"pretraining_{name}" for name in IGNORED} & set(model._stored_settings())
    assert kind.load(tmp_path / "m")._stored_settings() == model._stored_settings()
    assert model._stored_settings()["pretraining_epochs"] == 1
    assert model._stored_settings()["pretraining_corruption"] == 0.2
    # Files of earlier versions have them.
    arrays, description = load_arrays(tmp_path / "m")
    description["settings"]["pretraining_dtype"] = "float64"
    if kind is StackedDenoisingClassifier:
        save_arrays(tmp_path / "m", arrays, description)
        assert kind.load(tmp_path / "m")._stored_settings() == model._stored_settings()


def test_a_layer_and_its_settings_are_given_once():
    with pytest.raises(TypeError, match="layer and l2 were given; set l2 in the layer"):
        StackedDenoisingAutoEncoder((4,), layer=DenoisingAutoEncoder(), l2=0.1)
    with pytest.raises(TypeError, match="nonsense"):
        StackedDenoisingAutoEncoder((4,), nonsense=1)
    with pytest.raises(TypeError, match="no setting n_hidden; give hidden_sizes"):
        StackedDenoisingAutoEncoder((4,), n_hidden=4)
    for name in ("activation", "backend", "dtype", "n_hidden", "random_state", "warm_start"):
        with pytest.raises(TypeError, match=f"has no setting pretraining_{name}"):
            StackedDenoisingClassifier((4,), **{f"pretraining_{name}": 1})
    with pytest.raises(TypeError, match="has no setting nonsense"):
        StackedDenoisingClassifier((4,), nonsense=1)
    with pytest.raises(ValueError, match="layer is 3; expected a DenoisingAutoEncoder"):
        StackedDenoisingAutoEncoder((4,), layer=3).fit(X)


def test_a_stack_takes_missing_entries():
    holes = np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X)
    stack = StackedDenoisingAutoEncoder((4, 2), missing="mask", **QUICK).fit(holes)
    assert np.isfinite(stack.transform(holes)).all()
    assert np.isfinite(stack.score_samples(holes)).all()
    assert np.isfinite(stack.impute(holes)).all()
    # Codes are complete.
    assert [layer.missing for layer in stack.layers_] == ["mask", "refuse"]


def test_a_pair_is_the_noise_of_all_layers():
    stack = StackedDenoisingAutoEncoder((4, 2), corruption=("gaussian", 0.1), **QUICK).fit(X)
    assert [layer.corruption for layer in stack.layers_] == [("gaussian", 0.1)] * 2


def test_classifiers_take_schedules_and_decay_is_one():
    decay = exponential_decay(0.1, 0.5, 10)
    scheduled = SoftmaxClassifier(learning_rate=decay, **QUICK).fit(X, Y)
    assert np.isfinite(scheduled.predict_proba(X)).all()
    # Three minibatches an epoch: 0.1, and then half of it.
    model = SoftmaxClassifier(
        learning_rate_decay=0.5, batch_size=10, **{**QUICK, "n_epochs": 2}, shuffle=False
    ).fit(X, Y)
    again = SoftmaxClassifier(batch_size=10, **QUICK, shuffle=False, warm_start=True).fit(X, Y)
    again.set_params(learning_rate=0.05).fit(X, Y)
    np.testing.assert_allclose(model.weights_[0], again.weights_[0], rtol=1e-5)


def test_decay_continues_with_the_training():
    settings = {**QUICK, "learning_rate_decay": 0.5, "batch_size": 10, "shuffle": False}
    whole = SoftmaxClassifier(**{**settings, "n_epochs": 3}).fit(X, Y)
    parts = SoftmaxClassifier(**settings, warm_start=True).fit(X, Y).fit(X, Y)
    parts.partial_fit(X, Y)
    np.testing.assert_allclose(parts.weights_[0], whole.weights_[0], rtol=1e-5)


def test_the_rate_that_was_chosen_stays_unless_another_is_given():
    rows = 9 * X - 4
    # Units that saturate bear rows a hundred times as large.
    model = AutoEncoder(3, activation="sigmoid", warm_start=True, **QUICK).fit(rows)
    chosen = model.learning_rate_
    assert model.partial_fit(100 * rows).learning_rate_ == chosen
    assert model.set_params(learning_rate=0.01).fit(rows).learning_rate_ == 0.01


@pytest.mark.parametrize(
    ("setting", "value"),
    [("warm_start", 1), ("shuffle", "yes"), ("n_hidden", 2.0), ("momentum", True), ("cost", 1)],
)
def test_what_is_nearly_right_is_refused(setting, value):
    with pytest.raises(ValueError, match=f"{setting} is {value!r}; expected"):
        check_settings({setting: value, **({} if setting != "cost" else {"scale": None})})


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), 0, np.int64(0)])
def test_numbers_of_numpy_are_numbers(value):
    check_settings({"momentum": value})
    check_settings({"cost": np.str_("auto"), "scale": "auto"})


def test_the_command_knows_every_penalty(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    shown = capsys.readouterr().out
    assert all(f"--{name} W" in shown for name in PENALTIES)
