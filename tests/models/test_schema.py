"""Valid contents of a model file, for both readers: `autoenc` and the NumPy reader."""

import json

import numpy as np
import pytest

from autoenc import AutoEncoder, AutoEncoderDetector, DenoisingAutoEncoder, estimators
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.estimators.base import known_settings
from autoenc.export import numpy_reader
from autoenc.graph import ACTIVATIONS, OPTIMIZERS
from autoenc.graph.corruption import CORRUPTIONS
from autoenc.models import schema
from autoenc.models.choices import COSTS
from autoenc.storage import ModelFileError, load_arrays, save_arrays
from tests.models.test_old_files import EXPECTED, LIMITED, UNIT, path_of

QUICK = {"n_epochs": 1, "random_state": 0, "verbose": False}


def test_enumerations_are_those_of_the_graph():
    def accepted(kind, names):
        return {name for name in names if kind.accepts(name)}

    assert (
        accepted(schema.ACTIVATION, ACTIVATIONS)
        == set(ACTIVATIONS)
        == set(numpy_reader.ACTIVATIONS)
    )
    assert accepted(schema.COSTS, COSTS) == set(COSTS)
    assert accepted(schema.OPTIMIZER, OPTIMIZERS) == set(OPTIMIZERS)
    for name in CORRUPTIONS:
        assert schema.SETTINGS["corruption"].accepts([name, 0.5])


@pytest.mark.parametrize("name", schema.CLASSES)
def test_settings_are_those_of_the_class(name):
    model = getattr(estimators, name)()
    stored = set(model._stored_settings())
    assert stored <= set(schema.CLASSES[name])
    for setting in schema.CLASSES[name]:
        # Settings of layers are those that the class takes beside its own.
        assert setting in schema.SETTINGS
        if setting not in getattr(model._kind, "without_effect", ()):
            given = {setting: [] if setting == "of_layer" else None}
            type(model)(**known_settings(model._kind, given, {}))


def test_every_class_is_known():
    assert set(schema.CLASSES) == set(estimators.__all__) - {"fit_many"}


@pytest.mark.parametrize("name", EXPECTED)
def test_old_files_fit(name):
    schema.check_model(*load_arrays(path_of(name)))


def named_rows():
    import pandas as pd

    return pd.DataFrame(UNIT, columns=list("abcdef"))


def kinds_of_rows():
    import pandas as pd

    return pd.DataFrame({"a": [1.0, 2.0, np.nan, 5.0] * 6, "b": ["x", "y", "z", None] * 6})


MODELS = {
    "autoencoder": lambda: AutoEncoder(3, optimizer="adam", **QUICK).fit(named_rows()),
    "untied": lambda: AutoEncoder(3, tied=False, **QUICK).fit(UNIT),
    "standardised": lambda: DenoisingAutoEncoder(3, **QUICK).fit(UNIT - 0.5),
    "limited": lambda: AutoEncoder(random_state=0, verbose=False).fit(LIMITED),
    "kinds": lambda: AutoEncoder(random_state=0, verbose=False).fit(kinds_of_rows()),
    "stack": lambda: StackedDenoisingAutoEncoder((4, 2), momentum=0.9, **QUICK).fit(UNIT),
    "deep": lambda: DeepAutoEncoder((4, 2), pretraining_epochs=1, tied=False, **QUICK).fit(UNIT),
    "softmax": lambda: SoftmaxClassifier(**QUICK).fit(UNIT, np.arange(24) % 3),
    "perceptron": lambda: PerceptronClassifier(3, **QUICK).fit(UNIT, list("abc") * 8),
    "classifier": lambda: StackedDenoisingClassifier((4, 2), pretraining_epochs=1, **QUICK).fit(
        UNIT, np.arange(24) % 2 == 0
    ),
    "detector": lambda: AutoEncoderDetector(
        n_hidden=5, n_bins=4, n_updates=3, random_state=0, verbose=False
    ).fit(UNIT),
}


# A setting that a file lacks, which both readers have to take for the same.
LACKING = [
    ("autoencoder", "settings/activation"),
    ("standardised", "settings/activation"),
    ("limited", "settings/activation"),
    ("limited", "settings/missing"),
    ("kinds", "settings/missing"),
]


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Arrays and description of a file of each kind, by name."""
    found = {}
    for name, make in MODELS.items():
        path = tmp_path_factory.mktemp("schema") / name
        make().save(path)
        found[name] = load_arrays(path)
    return found


def load(path, class_name):
    return getattr(estimators, class_name).load(path)


@pytest.mark.parametrize("name", MODELS)
def test_both_readers_read_what_is_saved(files, name, tmp_path):
    arrays, description = files[name]
    save_arrays(tmp_path / "m", arrays, description)
    model, reader = load(tmp_path / "m", description["class"]), numpy_reader.load(tmp_path / "m")
    methods = ("predict_proba", "transform", "contributions")
    method = next(method for method in methods if hasattr(reader, method))
    np.testing.assert_allclose(
        getattr(reader, method)(rows_of(name)), getattr(model, method)(rows_of(name)),
        rtol=1e-5, atol=1e-6,
    )  # fmt: skip


def rows_of(name):
    frames = {"autoencoder": named_rows(), "kinds": kinds_of_rows(), "limited": LIMITED}
    return frames.get(name, UNIT)


@pytest.mark.parametrize(("name", "path"), LACKING)
def test_a_setting_that_a_file_lacks_means_the_same_to_both(files, name, path, tmp_path):
    arrays, description = files[name]
    save_arrays(tmp_path / "m", arrays, changed(description, path, None))
    model, reader = load(tmp_path / "m", description["class"]), numpy_reader.load(tmp_path / "m")
    codes = model.transform(rows_of(name))
    np.testing.assert_allclose(reader.transform(rows_of(name)), codes, rtol=1e-5, atol=1e-6)


def changed(description, path, value):
    """Return a copy of a description with another value at a path; None removes it."""
    found = json.loads(json.dumps(description))
    *parts, last = path.split("/")
    node = found
    for part in parts:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return found


NOT_A_NUMBER = float("nan")
SCALING = {"kind": "minmax", "offset": [0.0] * 6, "factor": [1.0] * 6}
DESCRIPTIONS = [
    ("autoencoder", "class", "FittedModel", "class is 'FittedModel'; expected 'AutoEncoder'"),
    ("autoencoder", "class", "SoftmaxClassifier", "settings.activation is not known|is not known"),
    ("autoencoder", "class", None, "there is no class"),
    ("autoencoder", "settings", [], "settings is "),
    ("autoencoder", "fitted", None, "there is no fitted"),
    ("autoencoder", "extra", 1, "extra is not known"),
    ("autoencoder", "settings/save", 1, "settings.save is not known"),
    ("autoencoder", "settings/__class__", "x", "settings.__class__ is not known"),
    ("autoencoder", "settings/activation", "sine", "settings.activation is 'sine'; expected"),
    ("autoencoder", "settings/activation", 3, "settings.activation is 3"),
    ("autoencoder", "settings/n_hidden", True, "settings.n_hidden is True"),
    ("autoencoder", "settings/n_hidden", 3.0, "settings.n_hidden is 3.0"),
    ("autoencoder", "settings/n_hidden", None, "there is no settings.n_hidden"),
    ("autoencoder", "settings/n_hidden", 4, "settings.n_hidden is 4; expected 3"),
    ("autoencoder", "settings/n_epochs", 10**400, "settings.n_epochs is 1"),
    ("autoencoder", "settings/l1", NOT_A_NUMBER, "settings.l1 is nan"),
    ("autoencoder", "settings/l1", -1, "settings.l1 is -1"),
    ("autoencoder", "settings/l2", 10**400, "settings.l2 is 1"),
    ("autoencoder", "settings/tied", False, "there is no W_prime"),
    ("untied", "settings/tied", True, "the array 'W_prime' is not known"),
    ("autoencoder", "settings/missing", "ignore", "settings.missing is 'ignore'"),
    ("autoencoder", "settings/cost", "squared_error", "cost_ is 'cross_entropy'; expected 'squ"),
    ("autoencoder", "settings/output", "linear", "output_ is 'sigmoid'; expected 'linear'"),
    ("autoencoder", "settings/backend", "fortran", "settings.backend is 'fortran'"),
    ("autoencoder", "settings/device", "cpu; rm", "settings.device is 'cpu; rm'"),
    ("autoencoder", "settings/devices", 0, "settings.devices is 0; expected an integer of at"),
    ("autoencoder", "settings/devices", "some", "settings.devices is 'some'"),
    ("autoencoder", "settings/memory", "lots", "settings.memory is 'lots'; expected a size such"),
    ("autoencoder", "settings/memory", -1, "settings.memory is -1"),
    ("autoencoder", "fitted/cost_", "named_params", "cost_ is 'named_params'; expected 'cross"),
    ("autoencoder", "fitted/cost_", None, "there is no cost_"),
    ("autoencoder", "fitted/output_", "linear", "cross_entropy with 'linear'"),
    ("autoencoder", "fitted/save", 1, "save is not known"),
    ("autoencoder", "fitted/W_", [[1.0]], "W_ is not known"),
    ("autoencoder", "fitted/seed_", -1, "seed_ is -1"),
    ("autoencoder", "fitted/gain_", 0, "gain_ is 0"),
    ("autoencoder", "fitted/n_features_in_", 5, "W has shape .6, 3.; expected .5, units"),
    ("autoencoder", "fitted/n_features_in_", None, "there is no n_features_in_"),
    ("autoencoder", "fitted/history_", {}, "history_ is {}"),
    ("autoencoder", "fitted/history_/0/cost", "low", "history_: cost is 'low'"),
    ("autoencoder", "fitted/history_/0/epoch", 0, "history_: epoch is 0"),
    ("autoencoder", "fitted/history_/0/cost", None, "an epoch has no cost"),
    ("autoencoder", "fitted/history_/0/x", [], "history_ is"),
    ("autoencoder", "feature_names_in_", ["a"] * 5, "there are not 6 names of columns"),
    ("autoencoder", "feature_names_in_", "abcdef", "feature_names_in_ is 'abcdef'"),
    ("autoencoder", "feature_names_in_", [1] * 6, "feature_names_in_ is"),
    ("autoencoder", "feature_names_in_", ["\ud800"] * 6, "feature_names_in_ is"),
    ("autoencoder", "table/columns", list("bacdef"), "table.columns are not feature_names_in_"),
    ("autoencoder", "versions", {"autoenc": 1}, "versions is"),
    ("untied", "table", [1], "table is"),
    ("untied", "table/columns", list("abcdea"), "table.columns has duplicates"),
    ("untied", "table/rows", 1, "table.rows is not known"),
    ("untied", "table/image_shape", [2, 2], "table.image_shape is 4; expected 6"),
    ("untied", "table/image_shape", [2, 1, 2], "table.image_shape is .2, 1, 2."),
    ("untied", "table/image_shape", [2**31, 2**40], "table.image_shape is"),
    ("untied", "table/scaling", 3, "table.scaling is 3"),
    ("untied", "table/scaling", {**SCALING, "kind": "log"}, "table.scaling.kind is 'log'"),
    ("untied", "table/scaling", {**SCALING, "kind": "centred", "factor": [2.0] * 6}, "a centred"),
    ("untied", "table/scaling", {"kind": "minmax"}, "there is no table.scaling.offset"),
    ("untied", "table/scaling", {**SCALING, "offset": ["a"] * 6}, "table.scaling.offset is"),
    ("untied", "table/scaling", {**SCALING, "offset": [0.0] * 5}, "table.scaling.offset is"),
    ("untied", "table/scaling", {**SCALING, "factor": [0.0] * 6}, "table.scaling.factor is"),
    ("untied", "table/scaling", {**SCALING, "factor": [NOT_A_NUMBER] * 6}, "table.scaling.factor"),
    ("untied", "table/scaling", {**SCALING, "factor": [10**400] * 6}, "table.scaling.factor is"),
    ("limited", "fitted/chosen_/n_hidden", 3, "settings.n_hidden is 3; expected 2"),
    ("limited", "fitted/chosen_/n_hidden", None, "settings.n_hidden is 'auto'; expected 2"),
    ("limited", "fitted/chosen_/n_hidden", "auto", "chosen_.n_hidden is 'auto'"),
    ("limited", "fitted/chosen_/activation", None, "there is no chosen_.activation"),
    ("limited", "fitted/chosen_/activation", "auto", "chosen_.activation is 'auto'"),
    ("limited", "fitted/chosen_/init", "pca", "chosen_.init is 'pca'"),
    ("limited", "fitted/chosen_/n_epochs", 0, "chosen_.n_epochs is 0"),
    ("limited", "fitted/chosen_/learning_rate_decay", 2, "chosen_.learning_rate_decay is 2"),
    ("limited", "fitted/chosen_/l1", 0.1, "chosen_.l1 is not known"),
    ("limited", "fitted/output_", "linear", "the array '(lower|upper)' is not known"),
    ("untied", "fitted/output_", "clipped", "cross_entropy with 'clipped'"),
    ("standardised", "fitted/output_", "clipped", "there is no (lower|upper)"),
    ("perceptron", "settings/n_hidden", "auto", "settings.n_hidden is 'auto'"),
    ("softmax", "settings/n_epochs", "auto", "settings.n_epochs is 'auto'"),
    ("stack", "settings/hidden_sizes", [4], "settings.hidden_sizes is .4.; expected .4, 2."),
    ("stack", "settings/hidden_sizes", [], "settings.hidden_sizes is"),
    ("stack", "settings/hidden_sizes", 4, "settings.hidden_sizes is 4"),
    ("stack", "fitted/layers", [], "there are arrays of undescribed layers"),
    ("stack", "fitted/layers", [{}, {}], "there is no cost_"),
    ("stack", "fitted/layers/0/cost_", "decode", "cost_ is 'decode'"),
    ("stack", "fitted/layers/1/W", 1, "layer 2: W is not known"),
    ("stack", "fitted/history_/0/layer", 3, "an epoch has no known layer"),
    ("deep", "settings/activation", "tanh", "activation_ is 'sigmoid'; expected 'tanh'"),
    ("deep", "settings/activation", ["tanh"], "number of values of settings.activation is 1"),
    ("deep", "settings/output", "linear", "output_ is 'sigmoid'; expected 'linear'"),
    ("deep", "settings/pretraining_epochs", -1, "settings.pretraining_epochs is -1"),
    ("deep", "settings/pretraining_corruption", [0.1], "settings.pretraining_corruption is 1"),
    ("deep", "settings/tied", True, "the array 'W_prime' is not known"),
    ("deep", "fitted/layers/1/activation_", None, "there is no activation_"),
    ("stack", "settings/activation", "tanh", "activation_ is 'sigmoid'; expected 'tanh'"),
    ("stack", "settings/corruption", [], "number of values of settings.corruption is 0; .* 2"),
    ("stack", "settings/corruption", [0.5] * 3, "number of values of settings.corruption is 3"),
    ("classifier", "settings/corruption", [0.5], "number of values of settings.corruption is 1"),
    ("classifier", "settings/dropout", [0.5] * 2, "values of settings.dropout is 2; expected 3"),
    ("perceptron", "settings/noise", [0.5] * 3, "values of settings.noise is 3; expected 2"),
    ("perceptron", "settings/noise", -1, "settings.noise is -1"),
    ("perceptron", "settings/batch_norm", 2, "settings.batch_norm is 2"),
    ("perceptron", "settings/dropout", [0.5] * 3, "values of settings.dropout is 3; expected 2"),
    ("softmax", "fitted/labels_", [0, 1], "labels_ is .0, 1.; expected 3 classes"),
    ("softmax", "fitted/labels_", [0, 2, 1], "labels_ is .*sorted"),
    ("softmax", "fitted/labels_", [0, True, 2], "labels_ is .*sorted"),
    ("softmax", "fitted/labels_", [0, 1, "2"], "labels_ is .*sorted"),
    ("softmax", "fitted/labels_", [0, 1, [2]], "labels_ is .*sorted"),
    ("softmax", "fitted/labels_", 2, "labels_ is 2"),
    ("softmax", "fitted/labels_", None, "there is no labels_"),
    ("perceptron", "settings/n_hidden", 5, "the number of hidden units is .3.; expected .5."),
    ("perceptron", "settings/n_hidden", None, "there is no settings.n_hidden"),
    ("softmax", "class", "PerceptronClassifier", "there is no settings.n_hidden"),
    ("softmax", "class", "StackedDenoisingClassifier", "there is no settings.hidden_sizes"),
    ("perceptron", "settings/activation", "auto", "settings.activation is 'auto'"),
    ("classifier", "fitted/activation_", None, "there is no activation_"),
    ("classifier", "fitted/activation_", "softmax", "activation_ is 'softmax'"),
    ("detector", "settings/n_bins", 5, "settings.n_bins is 5; expected 4"),
    ("detector", "settings/n_hidden", 4, "settings.n_hidden is 4; expected 5"),
    ("detector", "settings/contamination", 0.7, "settings.contamination is 0.7"),
    ("detector", "settings/seen", 1, "settings.seen is 1"),
    ("detector", "fitted/calibrated_on_", "other rows", "calibrated_on_ is 'other rows'"),
    ("detector", "fitted/calibrated_on_", None, "there is no calibrated_on_"),
    ("detector", "fitted/n_epochs_", 0, "n_epochs_ is 0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "path", "value", "message"),
    DESCRIPTIONS,
    ids=[f"{d[0]} {d[1]} {d[2]!r:.20}" for d in DESCRIPTIONS],
)
def test_descriptions_of_no_model_are_refused(files, kind, path, value, message, tmp_path):
    arrays, description = files[kind]
    save_arrays(tmp_path / "m", arrays, changed(description, path, value))
    check_refused(tmp_path / "m", description["class"], message)


def check_refused(path, class_name, message):
    for read, error in (
        (lambda: load(path, class_name), ModelFileError),
        (lambda: numpy_reader.load(path), numpy_reader.ModelFileError),
    ):
        with pytest.raises(error, match=message) as found:
            read()
        assert str(path) in str(found.value)


def with_number(array, number):
    array = array.copy()
    array.flat[0] = number
    return array


ARRAYS = [
    ("autoencoder", "W", lambda a: None, "there is no W"),
    ("autoencoder", "W", lambda a: a[:-1], "W has shape .5, 3.; expected .6, units."),
    ("autoencoder", "W", lambda a: a[None], "W has shape"),
    ("autoencoder", "W", lambda a: a.astype("float64"), "is of float32; expected float64"),
    ("autoencoder", "W", lambda a: a.astype("int64"), "parameters are of int64"),
    ("autoencoder", "W", lambda a: with_number(a, np.nan), "W has NaN or infinity"),
    ("autoencoder", "hidden_bias", lambda a: a[:-1], "hidden_bias has shape"),
    ("autoencoder", "visible_bias", lambda a: a[:, None], "visible_bias has shape"),
    ("autoencoder", "visible_bias", lambda a: with_number(a, np.inf), "visible_bias has NaN or"),
    ("autoencoder", "data_min", lambda a: a + 9, "data_min is above data_max"),
    ("autoencoder", "data_max", lambda a: None, "there is no data_max"),
    ("autoencoder", "data_max", lambda a: a * np.float32(np.inf), "data_max has NaN or infinity"),
    ("autoencoder", "optimizer.0", lambda a: None, "the array 'optimizer... is not known"),
    ("autoencoder", "optimizer.x", lambda a: np.zeros(1), "the array 'optimizer... is not known"),
    ("autoencoder", "optimizer.0", lambda a: with_number(a, np.nan) if a.ndim else a * np.nan,
     "optimizer.0 has NaN or infinity"),
    ("autoencoder", "columns", lambda a: np.zeros(6), "the array 'columns' is not known"),
    ("untied", "W_prime", lambda a: a.T.copy(), "W_prime has shape"),
    ("standardised", "scale", lambda a: a * 0, "scale has numbers that are not above 0"),
    ("standardised", "mean", lambda a: None, "there is no mean"),
    ("limited", "lower", lambda a: None, "there is no lower"),
    ("limited", "lower", lambda a: a[:-1], "lower has shape"),
    ("limited", "upper", lambda a: with_number(a, np.nan), "upper has NaN"),
    ("limited", "upper", lambda a: np.full_like(a, -1), "lower is above upper"),
    ("stack", "layer_2.W", lambda a: a[:-1], "W has shape .3, 2.; expected .4, units."),
    ("deep", "optimizer.99", lambda a: np.ones(2, "float32"), "'optimizer.99' is not known"),
    ("deep", "layer_2.mean", lambda a: np.ones(4, "float32"), "layer 2 standardises codes"),
    ("stack", "layer_3.W", lambda a: np.ones((2, 2), "float32"), "undescribed layers"),
    ("softmax", "bias_1", lambda a: None, "there is no bias_1"),
    ("softmax", "bias_1", lambda a: a[:-1], "bias_1 has shape"),
    ("softmax", "W_2", lambda a: np.ones((3, 3), "float32"), "there is no bias_2"),
    ("perceptron", "W_1", lambda a: None, "there is no W_1"),
    ("detector", "sees", lambda a: a[:, :-1], "sees has shape"),
    ("detector", "sees", lambda a: with_number(a, 2), "sees has numbers that are not 0 or 1"),
    ("detector", "spread", lambda a: -a, "spread has numbers that are not above 0"),
    ("detector", "value_frequency", lambda a: None, "there is no value_frequency"),
    ("detector", "value_frequency", lambda a: a[:, :-1], "residual_frequency has shape"),
    ("detector", "residual_frequency", lambda a: with_number(a, 0), "not above 0"),
    ("detector", "residual_mean", lambda a: a[:-1], "residual_mean has shape"),
    ("detector", "calibration", lambda a: None, "there is no calibration"),
    ("detector", "calibration", lambda a: a[:0], "calibration is empty"),
    ("detector", "calibration", lambda a: a[::-1].copy(), "calibration is not sorted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "change", "message"),
    ARRAYS,
    ids=[f"{a[0]} {a[1]} {a[3]:.30}" for a in ARRAYS],
)
def test_arrays_of_no_model_are_refused(files, kind, name, change, message, tmp_path):
    arrays, description = files[kind]
    arrays = {**arrays, name: change(arrays.get(name))}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    save_arrays(tmp_path / "m", arrays, description)
    check_refused(tmp_path / "m", description["class"], message)


def test_a_function_within_a_setting_is_asked_for(tmp_path):
    noises = [("masking", 0.2), abs]
    model = DenoisingAutoEncoder(3, **QUICK).fit(UNIT).set_params(corruption=noises)
    model.save(tmp_path / "m")
    with pytest.raises(ModelFileError, match=r"corruption given as the function builtins\.abs"):
        DenoisingAutoEncoder.load(tmp_path / "m")
    assert DenoisingAutoEncoder.load(tmp_path / "m", corruption=0.1).corruption == 0.1


def test_a_model_whose_settings_were_changed_is_not_saved_so_that_it_cannot_be_read(tmp_path):
    model = AutoEncoder(3, **QUICK).fit(UNIT).set_params(n_hidden=7)
    with pytest.raises(ValueError, match=r"cannot be saved: settings.n_hidden is 7; expected 3"):
        model.save(tmp_path / "m")
    assert not (tmp_path / "m").exists()


ACTIVE = [AutoEncoder, DenoisingAutoEncoder, PerceptronClassifier, AutoEncoderDetector,
          StackedDenoisingAutoEncoder]  # fmt: skip


@pytest.mark.parametrize("kind", ACTIVE)
def test_another_activation_than_that_of_the_model_is_neither_saved_nor_loaded(kind, tmp_path):
    size = {"hidden_sizes": (3, 2)} if kind is StackedDenoisingAutoEncoder else {"n_hidden": 3}
    model = kind(**size, random_state=0, verbose=False)
    model.fit(UNIT, *([np.arange(len(UNIT)) % 2] if kind is PerceptronClassifier else []))
    model.save(tmp_path / "m")
    with pytest.raises(ModelFileError, match=r"activation_? is .*; expected"):
        kind.load(tmp_path / "m", activation="relu")
    model.set_params(activation="relu")
    with pytest.raises(ValueError, match=r"cannot be saved: activation_? is .*; expected"):
        model.save(tmp_path / "m")
    assert kind.load(tmp_path / "m", device="cpu").activation != "relu"


@pytest.mark.parametrize(
    "settings", [{"cost": "squared_error"}, {"output": "linear"}, {"tied": False}, {"n_hidden": 9}]
)
def test_settings_that_make_another_model_are_not_loaded(settings, tmp_path):
    AutoEncoder(3, **QUICK).fit(UNIT).save(tmp_path / "m")
    with pytest.raises(ModelFileError, match="a model that does not fit the settings"):
        AutoEncoder.load(tmp_path / "m", **settings)
