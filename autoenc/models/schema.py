"""Schema of model files: names, shapes, dtypes, numbers and enumerations.

`check_model` refuses everything that the tables do not allow, even if the checksum is correct. A
copy of the NumPy reader contains this module, which therefore imports nothing but NumPy.

>>> import numpy as np
>>> arrays = {"W": np.ones((3, 2)), "hidden_bias": np.ones(2), "visible_bias": np.ones(3)}
>>> fitted = {"n_features_in_": 3, "cost_": "named_params", "output_": "sigmoid"}
>>> description = {"class": "AutoEncoder", "settings": {"n_hidden": 2}, "fitted": fitted}
>>> check_model(arrays, description)
Traceback (most recent call last):
    ...
autoenc.models.schema.SchemaError: cost_ is 'named_params'; expected 'cross_entropy' or ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class SchemaError(ValueError):
    """Error raised if the contents of a file do not describe a valid model."""


class Kind(NamedTuple):
    """Condition that a value must satisfy."""

    expected: str
    accepts: Callable[[Any], bool]

    def __or__(self, other: Kind) -> Kind:
        return Kind(
            f"{self.expected} or {other.expected}",
            lambda value: self.accepts(value) or other.accepts(value),
        )


LARGEST_FLOAT = float(np.finfo(np.float64).max)
LEAST_FLOAT = 5e-324  # the smallest float above 0


def integer(low: int = 1, high: int = 2**63 - 1) -> Kind:
    """Return the kind of the integers from `low` to `high`, without True and False."""
    expected = f"an integer of at least {low}"
    return Kind(expected, lambda v: type(v) is int and low <= v <= high)


def number(low: float, high: float = LARGEST_FLOAT) -> Kind:
    """Return the kind of the finite numbers from `low` to `high`."""
    expected = f"a number from {low:g} to {high:g}"
    return Kind(expected, lambda v: type(v) in (int, float) and low <= v <= high)


def one_of(*values: Any) -> Kind:
    """Return the kind of some values. Their types are compared, too: True is not 1."""
    expected = " or ".join(map(repr, values))
    return Kind(expected, lambda v: any(type(v) is type(own) and v == own for own in values))


def sequence(item: Kind, n: int | None = None) -> Kind:
    """Return the kind of the lists of values of a kind."""

    def accepts(value: Any) -> bool:
        fits = type(value) is list and n in (None, len(value))
        return fits and all(map(item.accepts, value))

    return Kind(f"a list of {'' if n is None else f'{n} times '}{item.expected}", accepts)


def pair(first: Kind, second: Kind) -> Kind:
    """Return the kind of the lists of two values."""

    def accepts(value: Any) -> bool:
        fits = type(value) is list and len(value) == 2
        return fits and first.accepts(value[0]) and second.accepts(value[1])

    return Kind(f"a pair of {first.expected} and {second.expected}", accepts)


def mapping(item: Kind) -> Kind:
    """Return the kind of the mappings from text to values of a kind."""

    def accepts(value: Any) -> bool:
        fits = type(value) is dict and all(map(TEXT.accepts, value))
        return fits and all(map(item.accepts, value.values()))

    return Kind(f"a mapping from text to {item.expected}", accepts)


def _is_text(value: Any) -> bool:
    # Half of a surrogate pair cannot be written to files or terminals.
    return type(value) is str and len(value) <= 10_000 and not _SURROGATES.search(value)


def _is_function(value: Any) -> bool:
    return type(value) is dict and list(value) == ["function"] and _is_text(value["function"])


_SURROGATES = re.compile("[\ud800-\udfff]")
TEXT = Kind("text", _is_text)
NOTHING = one_of(None)
AUTO = one_of("auto")
SWITCH = one_of(True, False)
FUNCTION = Kind("the name of a function", _is_function)
COUNT = integer(1)
SEED = integer(0)
ABOVE_ZERO = number(LEAST_FLOAT)
PART = number(0, 1)
INSIDE = number(LEAST_FLOAT, float(np.nextafter(1, 0)))
NOT_ONE = number(0, float(np.nextafter(1, 0)))
ANYTHING = Kind("anything", lambda _: True)
ANY_NUMBER = Kind("a number", lambda v: type(v) in (int, float))
# A number in the record of an epoch; costs may be infinite or NaN.
RECORDED = ANY_NUMBER | SWITCH | TEXT | NOTHING
PRECISION = one_of("float32", "float64")

COSTS = one_of("cross_entropy", "squared_error")
ACTIVATION = one_of("linear", "relu", "sigmoid", "softplus", "tanh") | FUNCTION
OUTPUT = ACTIVATION | one_of("clipped")
OPTIMIZER = (
    one_of("adadelta", "adagrad", "adam", "momentum", "nesterov", "rmsprop", "sgd") | FUNCTION
)
RATE = ABOVE_ZERO | AUTO | FUNCTION
INITS = one_of("uniform", "gaussian", "glorot", "principal") | FUNCTION
NOISE = (
    PART
    | AUTO
    | pair(one_of("masking", "salt_and_pepper"), PART)
    | pair(one_of("gaussian"), number(0))
    | FUNCTION
)
NOISES = NOISE | NOTHING | sequence(NOISE | NOTHING | sequence(NOISE))
_DEVICE = re.compile("cpu|cuda[0-9]{0,4}")
_SIZE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})? ?[kMGT]?i?B?", re.IGNORECASE)

SETTINGS: dict[str, Kind] = {
    "activation": ACTIVATION | AUTO,
    "backend": one_of("auto", "c", "xla", "numba", None),
    "batch_norm": SWITCH,
    "batch_size": COUNT,
    "contamination": number(LEAST_FLOAT, 0.5) | NOTHING,
    "contraction": number(0),
    "corruption": NOISES,
    "cost": COSTS | AUTO,
    "dependence": number(0),
    "device": Kind(
        "cpu, cuda or cuda0", lambda v: v is None or (_is_text(v) and bool(_DEVICE.fullmatch(v)))
    ),
    "devices": COUNT | one_of("all", None),
    "dropout": NOT_ONE | sequence(NOT_ONE),
    "dtype": PRECISION | NOTHING,
    "early_stopping": NOTHING,
    "hidden_sizes": sequence(COUNT),
    "init": INITS | AUTO,
    "l1": number(0),
    "l2": number(0),
    "learning_rate": RATE,
    "learning_rate_decay": number(LEAST_FLOAT, 1),
    "memory": Kind("a size such as 2GB", lambda v: _is_text(v) and bool(_SIZE.fullmatch(v)))
    | COUNT
    | NOTHING,
    "missing": one_of("auto", "refuse", "mask"),
    "momentum": NOT_ONE,
    "n_bins": COUNT,
    "n_epochs": COUNT | AUTO,
    "n_hidden": COUNT | AUTO,
    "n_updates": COUNT,
    "noise": number(0) | sequence(number(0)),
    # Settings of a stack that are those of its layer, not its own.
    "of_layer": sequence(one_of("activation", "corruption")),
    "optimizer": OPTIMIZER,
    "output": OUTPUT | AUTO,
    "random_state": SEED | NOTHING,
    "scale": one_of("auto", "standard", None),
    "seen": INSIDE,
    "shuffle": SWITCH,
    "sparsity": number(0),
    "sparsity_target": INSIDE,
    "tied": SWITCH,
    "validation_fraction": INSIDE | NOTHING,
    "verbose": SWITCH | integer(0),
    "warm_start": SWITCH,
}  # fmt: skip

_TRAINING = (
    "backend", "batch_size", "device", "devices", "dtype", "early_stopping", "learning_rate",
    "memory", "momentum", "n_epochs", "random_state", "shuffle", "validation_fraction", "verbose",
    "warm_start",
)  # fmt: skip
_LAYER = (
    "activation", "contraction", "cost", "init", "l1", "l2", "missing", "n_hidden", "optimizer",
    "output", "scale", "sparsity", "sparsity_target", "tied", *_TRAINING,
)  # fmt: skip
_CLASSIFIER = ("dropout", "l1", "l2", "learning_rate_decay", "noise", "optimizer", *_TRAINING)
_PENALTIES = ("contraction", "sparsity", "sparsity_target")
_DENOISING = ("corruption", *_LAYER)
# Settings of a classifier for the training of its layers without labels, by their other names.
_PRETRAINING = {f"pretraining_{name}": SETTINGS[name] for name in _DENOISING}
_PRETRAINING |= {"pretraining_epochs": COUNT, "pretraining_rate": RATE}
SETTINGS |= _PRETRAINING
# A deep autoencoder has settings with the same names as those of its layers.
_ALONE = (
    "batch_size", "contraction", "corruption", "early_stopping", "epochs", "l1", "l2", "momentum",
    "optimizer", "rate", "sparsity", "sparsity_target", "validation_fraction",
)  # fmt: skip
# Settings that every file of a class with them contains.
SIZES = ("n_hidden", "hidden_sizes")
# The settings of each class. Files of earlier versions lack some of them.
CLASSES: dict[str, tuple[str, ...]] = {
    "AutoEncoder": _LAYER,
    "DenoisingAutoEncoder": _DENOISING,
    "StackedDenoisingAutoEncoder": (
        "hidden_sizes", "of_layer", *(name for name in _DENOISING if name != "n_hidden"),
    ),
    "DeepAutoEncoder": (
        "hidden_sizes", *(name for name in _DENOISING if name != "n_hidden"),
        *(f"pretraining_{name}" for name in _ALONE),
    ),
    "AutoEncoderDetector": (
        "activation", "contamination", "dependence", "l2", "missing", "n_bins", "n_hidden",
        "n_updates", "optimizer", "seen", *(name for name in _TRAINING if name != "n_epochs"),
    ),
    "SoftmaxClassifier": _CLASSIFIER,
    "PerceptronClassifier": ("activation", "batch_norm", "n_hidden", *_PENALTIES, *_CLASSIFIER),
    "StackedDenoisingClassifier": (
        "activation", "batch_norm", "corruption", "cost", "hidden_sizes", "scale", *_PENALTIES,
        *_PRETRAINING, *_CLASSIFIER,
    ),
}  # fmt: skip
# Classes without settings that are chosen from the data.
_CLASSIFIERS = ("SoftmaxClassifier", "PerceptronClassifier", "StackedDenoisingClassifier")
_OWN_KINDS = {
    ("StackedDenoisingAutoEncoder", "activation"): ACTIVATION | AUTO | sequence(ACTIVATION),
    ("DeepAutoEncoder", "activation"): ACTIVATION | AUTO | sequence(ACTIVATION),
    ("DeepAutoEncoder", "corruption"): NOISES,
    ("DeepAutoEncoder", "init"): INITS,
    ("DeepAutoEncoder", "n_epochs"): COUNT,
    ("DeepAutoEncoder", "pretraining_epochs"): integer(0) | NOTHING,
    ("PerceptronClassifier", "activation"): ACTIVATION,
    ("PerceptronClassifier", "n_hidden"): COUNT,
    **{(name, "n_epochs"): COUNT for name in _CLASSIFIERS},
}
# Values that were chosen for settings at "auto".
TAKEN: dict[str, Kind] = {
    "activation": ACTIVATION,
    "corruption": NOISES,
    "init": INITS,
    "learning_rate_decay": number(LEAST_FLOAT, 1),
    "n_epochs": COUNT,
    "n_hidden": COUNT,
}

CHOSEN: dict[str, Kind] = {
    "activation_": ACTIVATION,
    "backend_": TEXT,
    "chosen_": mapping(ANYTHING),
    "cost_": COSTS | one_of("mixed"),
    "data_dtype_": TEXT,
    "gain_": ABOVE_ZERO,
    "learning_rate_": ABOVE_ZERO | NOTHING,
    "optimizer_state_": sequence(TEXT),
    "output_": OUTPUT,
    "seed_": SEED,
}
HISTORY = sequence(mapping(RECORDED))
# Dtypes of classes that are times; files contain their number of units.
TIME_TYPE = Kind(
    "datetime64 or timedelta64 with a unit",
    lambda v: type(v) is str and re.fullmatch(
        r"(datetime|timedelta)64\[([1-9]\d{0,5})?(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]", v
    ) is not None,
)  # fmt: skip
_EVERY: dict[str, Kind] = {
    "backend_": TEXT, "data_dtype_": TEXT, "history_": HISTORY, "n_features_in_": COUNT,
    "optimizer_state_": sequence(TEXT), "seed_": SEED,
}  # fmt: skip
FITTED: dict[str, dict[str, Kind]] = {
    "AutoEncoder": _EVERY | CHOSEN,
    "DenoisingAutoEncoder": _EVERY | CHOSEN,
    "StackedDenoisingAutoEncoder": {**_EVERY, "layers": sequence(mapping(ANYTHING))},
    "SoftmaxClassifier": {
        **_EVERY, "labels_": sequence(ANYTHING), "labels_dtype_": TIME_TYPE,
        "learning_rate_": CHOSEN["learning_rate_"],
    },
}  # fmt: skip
FITTED["DeepAutoEncoder"] = {
    **FITTED["StackedDenoisingAutoEncoder"], "learning_rate_": CHOSEN["learning_rate_"],
}  # fmt: skip
FITTED["AutoEncoderDetector"] = {
    **_EVERY, "calibrated_on_": one_of("training rows", "held-out rows"),
    "learning_rate_": CHOSEN["learning_rate_"], "n_epochs_": COUNT,
}  # fmt: skip
FITTED["PerceptronClassifier"] = FITTED["SoftmaxClassifier"]
FITTED["StackedDenoisingClassifier"] = FITTED["SoftmaxClassifier"] | {"activation_": ACTIVATION}

DESCRIPTION: dict[str, Kind] = {
    "class": one_of(*CLASSES),
    "settings": mapping(ANYTHING),
    "fitted": mapping(ANYTHING),
    "feature_names_in_": sequence(TEXT),
    "table": mapping(ANYTHING),
    "versions": mapping(TEXT),
}
FINITE = number(-LARGEST_FLOAT)
VALUE = TEXT | SWITCH | integer(-(2**63)) | FINITE
# Contents of a file for each kind of column.
COLUMNS: dict[str, dict[str, Kind]] = {
    "number": {"kind": TEXT, "name": TEXT},
    "category": {
        "kind": TEXT,
        "name": TEXT,
        "values": Kind("values", lambda v: sequence(VALUE).accepts(v) and len(v) > 0),
        "other": SWITCH,
    },
    "date": {
        "kind": TEXT,
        "name": TEXT,
        "unit": one_of("D", "s", "us"),
        "form": TEXT | NOTHING,
        "duration": SWITCH,
        "whole": SWITCH,
    },
    "time": {"kind": TEXT, "name": TEXT, "unit": one_of("s", "us")},
}


def check_model(arrays: Mapping[str, Array], description: Mapping[str, Any]) -> None:
    """Refuse a model file that is not one of the models that autoenc writes.

    Parameters
    ----------
    arrays : mapping from name to array
    description : mapping
        ``class``, ``settings``, ``fitted`` and so on, as JSON has them.

    Raises
    ------
    SchemaError
        If the contents are invalid; names the first fault, and the expected value.
    """
    _check_entries("", description, DESCRIPTION, ("class", "settings", "fitted"))
    name, settings, fitted = (description[part] for part in ("class", "settings", "fitted"))
    kinds = {s: _OWN_KINDS.get((name, s), SETTINGS[s]) for s in CLASSES[name]}
    # The defaults of all other settings match any arrays; those of sizes do not.
    sizes = [s for s in SIZES if s in kinds]
    _check_entries("settings.", settings, kinds, sizes)
    _check_entries("", fitted, FITTED[name], ("n_features_in_",))
    check = {
        "AutoEncoder": _check_autoencoder, "DenoisingAutoEncoder": _check_autoencoder,
        "StackedDenoisingAutoEncoder": _check_stack, "DeepAutoEncoder": _check_deep,
        "AutoEncoderDetector": _check_detector,
    }.get(name, _check_classifier)  # fmt: skip
    check(arrays, settings, fitted)
    _check_columns(arrays, description, fitted["n_features_in_"])
    _check_history(fitted.get("history_", []))


def _check_entries(
    where: str, found: Mapping[str, Any], kinds: Mapping[str, Kind], required: Sequence[str] = ()
) -> None:
    """Check that all names are known, that required names exist, and the kinds of the values."""
    for name in required:
        _require(name in found, f"there is no {where}{name}")
    for name, value in found.items():
        _require(name in kinds, f"{where}{name!s:.60} is not known")
        kind = kinds[name]
        _require(
            kind.accepts(value), f"{where}{name} is {value!r:.60}; expected {kind.expected:.200}"
        )


def _require(fits: bool, otherwise: str) -> None:
    if not fits:
        raise SchemaError(otherwise)


def _check_autoencoder(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any]
) -> None:
    n_hidden = _check_layer(arrays, settings, fitted, fitted["n_features_in_"])
    taken = {n: v for n, v in fitted.get("chosen_", {}).items() if settings.get(n) == "auto"}
    full = {**settings, **taken}
    _require_equal("settings.n_hidden", full.get("n_hidden"), n_hidden)
    _require(full.get("activation") != "auto", "there is no chosen_.activation")
    for setting in ("cost", "output"):
        _check_chosen(setting, settings.get(setting, "auto"), fitted[f"{setting}_"])


def _check_detector(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any]
) -> None:
    """Check a layer, its moments, the tables of surprise and the scores of calibration rows."""
    n = fitted["n_features_in_"]
    n_hidden = _width(arrays, "W", n)
    # Columns of different kinds may have several entries; `_check_columns` counts them.
    n_columns = int(np.size(arrays.get("value_mean", ())))
    cells = _width(arrays, "value_frequency", n_columns)
    shapes: dict[str, tuple[int, ...]] = {
        "W": (n, n_hidden), "sees": (n, n_hidden), "W_prime": (n_hidden, n),
        "hidden_bias": (n_hidden,),
    }  # fmt: skip
    columns = ("visible_bias", "center", "spread", "shift", "stretch")
    shapes |= dict.fromkeys(columns, (n,))
    views = ("value", "residual")
    for view in views:
        shapes |= {f"{view}_{name}": (n_columns,) for name in ("low", "width", "mean", "weight")}
        shapes[f"{view}_frequency"] = (n_columns, cells)
    _require("calibration" in arrays, "there is no calibration")
    shapes["calibration"] = (arrays["calibration"].size,)
    _check_arrays(arrays, shapes, n)
    _require_equal("settings.n_hidden", settings.get("n_hidden", n_hidden), n_hidden)
    _require(cells > 2, "there are no frequencies")
    _require_equal("settings.n_bins", settings.get("n_bins", cells - 2), cells - 2)
    _require("calibrated_on_" in fitted, "there is no calibrated_on_")
    positive = (f"{view}_{name}" for view in views for name in ("width", "frequency"))
    for name in ("spread", "stretch", *positive):
        _require(bool((arrays[name] > 0).all()), f"{name} has numbers that are not above 0")
    _require(bool(np.isin(arrays["sees"], (0, 1)).all()), "sees has numbers that are not 0 or 1")
    _require(arrays["calibration"].size > 0, "calibration is empty")
    rises = (np.diff(arrays["calibration"]) >= 0).all()
    _require(bool(rises), "calibration is not sorted")


def _check_stack(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any]
) -> None:
    n_layers = _check_layers(arrays, settings, fitted)
    given = settings.get("activation", "auto")
    # No activation of a stack is chosen from the data: "auto" is the sigmoid.
    _check_activations("sigmoid" if given == "auto" else given, fitted["layers"])
    for record in fitted.get("history_", []):
        _require(integer(1, n_layers).accepts(record.get("layer")), "an epoch has no known layer")


def _check_deep(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any]
) -> None:
    """Check layers that were trained together, and the state of their optimizer."""
    states = {n: a for n, a in arrays.items() if n.startswith("optimizer.")}
    _check_states(states)
    n_layers = _check_layers(
        {n: a for n, a in arrays.items() if n not in states}, settings, fitted
    )
    _check_per_layer("pretraining_corruption", settings, n_layers)
    for setting in ("cost", "output"):
        lowest = fitted["layers"][0][f"{setting}_"]
        _check_chosen(setting, settings.get(setting, "auto"), lowest)
    for layer in fitted["layers"]:
        _require("activation_" in layer, "there is no activation_")
    _check_activations(settings.get("activation", "auto"), fitted["layers"])


def _check_layers(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any]
) -> int:
    """Check layers on top of each other, and return their number."""
    width, layers = fitted["n_features_in_"], fitted.get("layers", [])
    sizes: list[int] = []
    own = [arrays_of_layer(arrays, number) for number in range(1, len(layers) + 1)]
    _require(sum(map(len, own)) == len(arrays), "there are arrays of undescribed layers")
    for number, (layer, chosen) in enumerate(zip(own, layers, strict=True), start=1):
        _check_entries(f"layer {number}: ", chosen, CHOSEN)
        _require(number == 1 or "mean" not in layer, f"layer {number} standardises codes")
        kinds = chosen.get("cost_") == "mixed"
        _require(number == 1 or not kinds, f"layer {number} has columns of different kinds")
        width = _check_layer(layer, settings, chosen, width)
        sizes.append(width)
    _require(bool(sizes), "there are no layers")
    _require_equal("settings.hidden_sizes", settings.get("hidden_sizes"), sizes)
    for name in ("activation", "corruption"):
        _check_per_layer(name, settings, len(sizes))
    return len(sizes)


def activations_of(given: Any, layers: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the activation of each layer of a stack, from its setting and its layers."""
    each = given if type(given) is list else [given] * len(layers)
    return [layer.get("activation_", one) for one, layer in zip(each, layers, strict=True)]


def _check_activations(given: Any, layers: Sequence[Mapping[str, Any]]) -> None:
    """Check that the activation of each layer is the given one, unless none is given."""
    each = given if type(given) is list else [given] * len(layers)
    for one, chosen in zip(each, activations_of(given, layers), strict=True):
        _check_chosen("activation", one, chosen)


def _check_chosen(setting: str, given: Any, chosen: Any) -> None:
    """Check that the choice equals the setting, unless the setting is "auto"."""
    _require_equal(f"{setting}_", chosen, chosen if given == "auto" else given)


def arrays_of_layer(arrays: Mapping[str, Array], number: int) -> dict[str, Array]:
    """Return the arrays of one layer of a stack, by their names within the layer."""
    prefix = f"layer_{number}."
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _check_layer(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any],
    n_visible: int,
) -> int:  # fmt: skip
    """Check one layer of `n_visible` columns, and return its number of units."""
    for name in ("cost_", "output_"):
        _require(name in fitted, f"there is no {name}")
    _check_entries("chosen_.", fitted.get("chosen_", {}), TAKEN)
    output = fitted["output_"]
    bounded = output == "sigmoid" or FUNCTION.accepts(output)
    _require(fitted["cost_"] != "cross_entropy" or bounded, f"cross_entropy with {output!r:.60}")
    n_hidden = _width(arrays, "W", n_visible)
    shapes: dict[str, tuple[int, ...]] = {
        "W": (n_visible, n_hidden), "hidden_bias": (n_hidden,), "visible_bias": (n_visible,),
    }  # fmt: skip
    if not settings.get("tied", True):
        shapes["W_prime"] = (n_hidden, n_visible)
    if output == "clipped":
        shapes |= dict.fromkeys(("lower", "upper"), (n_visible,))
    _check_arrays(arrays, shapes, n_visible)
    return n_hidden


def _check_classifier(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any]
) -> None:
    width = fitted["n_features_in_"]
    sizes: list[int] = []
    shapes: dict[str, tuple[int, ...]] = {}
    while (name := f"W_{len(sizes) + 1}") in arrays:
        above = _width(arrays, name, width)
        shapes |= {name: (width, above), f"bias_{len(sizes) + 1}": (above,)}
        if f"spread_{len(sizes) + 1}" in arrays:
            normalisation = (f"{one}_{len(sizes) + 1}" for one in ("gain", "center", "spread"))
            shapes |= dict.fromkeys(normalisation, (above,))
        sizes.append(width := above)
    _require(bool(sizes), "there is no W_1")
    _check_arrays(arrays, shapes, fitted["n_features_in_"])
    *hidden, n_classes = sizes
    given = settings.get("hidden_sizes", [settings[n] for n in SIZES if n in settings])
    _require_equal("the number of hidden units", hidden, given)
    if "hidden_sizes" in settings:
        _check_per_layer("corruption", settings, len(hidden))
    _check_per_layer("dropout", settings, len(sizes))
    _check_per_layer("noise", settings, len(sizes))
    given = settings.get("activation", "auto")
    chosen = fitted.get("activation_", given)
    _check_chosen("activation", given, chosen)
    _require(not hidden or chosen != "auto", "there is no activation_")
    _check_labels(fitted.get("labels_"), n_classes, are_times="labels_dtype_" in fitted)


def _check_per_layer(name: str, settings: Mapping[str, Any], n_layers: int) -> None:
    """Check that there is one value for all layers, or one for each."""
    value = settings.get(name)
    # A list that begins with text is one kind of noise and its amount.
    is_pair = name.endswith("corruption") and value and type(value) is list
    if type(value) is list and not (is_pair and type(value[0]) is str and value[0] != "auto"):
        _require_equal(f"the number of values of settings.{name}", len(value), n_layers)


def _check_labels(labels: Any, n_classes: int, *, are_times: bool) -> None:
    """Check that classes are sorted and of one type, as `numpy.unique` returns them."""
    _require(labels is not None, "there is no labels_")
    of_one_type = len({type(label) for label in labels}) == 1
    item = integer(1 - 2**63) if are_times else SWITCH | TEXT | integer(-(2**63)) | FINITE
    fits = of_one_type and all(map(item.accepts, labels)) and len(labels) == n_classes > 1
    fits = fits and all(low < high for low, high in pairwise(labels))
    _require(fits, f"labels_ is {labels!r:.60}; expected {n_classes} classes, sorted")


def _width(arrays: Mapping[str, Array], name: str, n_in: int) -> int:
    """Return the number of columns of a weight matrix."""
    _require(name in arrays, f"there is no {name}")
    shape = arrays[name].shape
    fits = len(shape) == 2 and shape[0] == n_in and shape[1] > 0
    _require(fits, f"{name} has shape {shape}; expected ({n_in}, units)")
    return int(shape[1])


def _check_arrays(
    arrays: Mapping[str, Array], shapes: dict[str, tuple[int, ...]], n_visible: int
) -> None:
    """Check the arrays of a layer or a classifier: parameters, moments, ranges, optimizer."""
    dtype = arrays[next(iter(shapes))].dtype
    _require(dtype in (np.float32, np.float64), f"parameters are of {dtype}; expected float32")
    for pair_of in (("mean", "scale"), ("data_min", "data_max")):
        if any(name in arrays for name in pair_of):
            shapes |= dict.fromkeys(pair_of, (n_visible,))
    states = {n: array for n, array in arrays.items() if n.startswith("optimizer.")}
    _check_states(states)
    for name in shapes:
        _require(name in arrays, f"there is no {name}")
    for name, array in arrays.items():
        _require(name in states or name in shapes, f"the array {name!r:.60} is not known")
        if name in shapes:
            _check_array(name, array, shapes[name], dtype)
    if "scale" in arrays:
        _require(bool((arrays["scale"] > 0).all()), "scale has numbers that are not above 0")
    for low, high in (("data_min", "data_max"), ("lower", "upper")):
        if low in arrays:
            crossed = arrays[low] > arrays[high]
            _require(not crossed.any(), f"{low} is above {high}")


def _check_states(states: Mapping[str, Array]) -> None:
    """Check the variables of an optimizer, which are numbered."""
    known = {f"optimizer.{number}" for number in range(len(states))}
    for name, array in states.items():
        _require(name in known, f"the array {name!r:.60} is not known")
        _require(bool(np.isfinite(array).all()), f"{name} has NaN or infinity")


def _check_array(name: str, array: Array, shape: tuple[int, ...], dtype: Any) -> None:
    _require(array.shape == shape, f"{name} has shape {array.shape}; expected {shape}")
    _require(array.dtype == dtype, f"{name} is of {array.dtype}; expected {dtype}")
    # Columns without observed values have no range, and limits that do not exist are infinite.
    accepted = {"data_min": np.isnan, "data_max": np.isnan, "lower": np.isinf, "upper": np.isinf}
    strange = ~np.isfinite(array) & ~accepted.get(name, np.isfinite)(array)
    _require(not strange.any(), f"{name} has NaN or infinity")


def _check_columns(arrays: Mapping[str, Array], description: Mapping[str, Any], n: int) -> None:
    """Check the names, kinds and scaling of columns, and the shape of images."""
    table = description.get("table", {})
    size = integer(1, 2**31)
    shape = sequence(size, 2) | Kind(
        "height, width and 3", lambda v: sequence(size, 3).accepts(v) and v[2] == 3
    )
    names = sequence(TEXT, n)
    kinds = {
        "columns": names | NOTHING,
        "image_shape": shape | NOTHING,
        "scaling": mapping(ANYTHING) | NOTHING,
        "encoding": mapping(ANYTHING) | NOTHING,
    }
    _check_entries("table.", table, kinds)
    own, others = description.get("feature_names_in_"), table.get("columns")
    _require(others is None or len(set(others)) == n, "table.columns has duplicates")
    _require(own is None or names.accepts(own), f"there are not {n} names of columns")
    _require(None in (own, others) or own == others, "table.columns are not feature_names_in_")
    if table.get("image_shape") is not None:
        n_pixels = int(np.prod(table["image_shape"], dtype=object))
        _require_equal("table.image_shape", n_pixels, n)
    if table.get("scaling") is not None:
        _check_scaling(table["scaling"], n)
    encoding = table.get("encoding")
    _check_kinds(arrays, description, encoding is not None)
    n_columns = n if encoding is None else _check_encoding(encoding, n)
    if "value_mean" in arrays:
        _require_equal("the number of surprises", len(arrays["value_mean"]), n_columns)


def _check_kinds(
    arrays: Mapping[str, Array], description: Mapping[str, Any], has_encoding: bool
) -> None:
    """Check that the file treats columns as being of different kinds throughout, or nowhere."""
    if description["class"] == "AutoEncoderDetector":
        return
    if not description["class"].endswith("Classifier"):
        fitted = description["fitted"]
        lowest = fitted.get("layers", [fitted])[0]
        is_mixed = lowest.get("cost_") == "mixed"
        _require_equal("whether there is table.encoding", has_encoding, is_mixed)
    mean = "layer_1.mean" if "layers" in description["fitted"] else "mean"
    _require(not has_encoding or mean in arrays, "there is no mean of columns of different kinds")


def _check_scaling(scaling: Mapping[str, Any], n: int) -> None:
    kinds = {
        "kind": one_of("minmax", "centred"),
        "offset": sequence(FINITE, n),
        "factor": sequence(number(LEAST_FLOAT), n),
    }
    _check_entries("table.scaling.", scaling, kinds, tuple(kinds))
    factors = scaling["factor"]
    # Columns are divided by their width only if it is below the range of float32.
    fits = all(factor == 1 or factor > 1e33 for factor in factors)
    _require(scaling["kind"] == "minmax" or fits, "a centred column has a factor")


def _check_encoding(encoding: Mapping[str, Any], n: int) -> int:
    """Check the encoding of columns: names are different, and numbers of entries add up.

    Return the number of columns.
    """
    kinds = {
        "columns": sequence(mapping(ANYTHING)),
        "left_out": sequence(TEXT),
        "library": one_of("pandas", "polars"),
    }
    _check_entries("table.encoding.", encoding, kinds, tuple(kinds))
    names = list(encoding["left_out"])
    n_entries = 0
    for column in encoding["columns"]:
        kind = column.get("kind")
        _require(type(kind) is str and kind in COLUMNS, f"a column is of the kind {kind!r:.60}")
        required = [name for name in COLUMNS[kind] if name != "whole"]  # stated only if it is true
        _check_entries("column: ", column, COLUMNS[kind], required)
        names.append(column["name"])
        values = column.get("values", [])
        _require(len(set(values)) == len(values), "the values of a category have duplicates")
        n_entries += len(values) + column.get("other", not values)
    _require(len(set(names)) == len(names), "the columns of table.encoding have duplicates")
    _require_equal("the number of entries of table.encoding", n_entries, n)
    return len(encoding["columns"])


def _check_history(history: Sequence[Mapping[str, Any]]) -> None:
    whole = ("epoch", "layer")
    measured = ("cost", "seconds", "rows_per_second", "valid_cost")
    kinds = dict.fromkeys(whole, COUNT) | dict.fromkeys(measured, ANY_NUMBER | NOTHING)
    for record in history:
        for name in ("epoch", "cost"):
            _require(name in record, f"an epoch has no {name}")
        _require(record["cost"] is not None, "an epoch has no cost")
        _check_entries("history_: ", {n: v for n, v in record.items() if n in kinds}, kinds)


def _require_equal(name: str, found: Any, expected: Any) -> None:
    _require(found == expected, f"{name} is {found!r:.60}; expected {expected!r:.60}")
