"""Use models of autoenc with nothing but NumPy. Copy this file wherever you need it.

    import numpy_reader

    model = numpy_reader.load("model.safetensors")
    codes = model.transform(rows)
    errors = model.score_samples(rows)

It reads autoencoders, stacks of them, classifiers and outlier detectors. Results are those of
autoenc up to rounding. Rows and reconstructions are in the units of the data: the model scales
columns itself. Nothing in a model file is ever executed.
Part of autoenc, BSD-3-Clause.

>>> import tempfile, pathlib
>>> from autoenc import AutoEncoder
>>> X = np.eye(4)
>>> model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
>>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
>>> model.save(path)
>>> np.allclose(load(path).transform(X), model.transform(X), atol=1e-6)
True
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# Of the safetensors format: the types that NumPy has too, and how long a header may be.
DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip
LONGEST_HEADER = 100_000_000
# Rows that are computed at a time: what is in between need not fit into memory for all rows.
ROWS_AT_A_TIME = 8_192
# Of models under cross-entropy, as in autoenc: this part of the range of a column beyond the ends
# of [0, 1] is rounding, and so many widths from it are a mistake, such as bytes.
ROUNDING = 1e-6
FAR = 100
# Scores of a detector that differ by a smaller part of their size are equal but for rounding.
TIE = 1e-5


class ModelFileError(ValueError):
    """A file is not a model file of autoenc, is damaged, or needs autoenc itself."""


def load(path: str | os.PathLike[str]) -> AutoEncoder | Classifier | Detector:
    """Read a model file.

    Parameters
    ----------
    path : path
        What `save` of an estimator of autoenc wrote.

    Returns
    -------
    AutoEncoder, Classifier or Detector

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If it is not a model file, is damaged, or holds a model whose activation is a function
        of its author's.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no model file at {path}.")
    try:
        arrays, description = _read(path.read_bytes())
        check_model(arrays, description)
        return _model(arrays, description)
    except _FunctionError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except (_DamagedError, SchemaError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a model file, or is damaged: {error}") from error


class Layer:
    """An autoencoder of one layer.

    Parameters
    ----------
    arrays : mapping from name to array
        W, hidden_bias, visible_bias and, where weights are not tied, W_prime; mean and scale,
        where columns are standardised.
    chosen : mapping
        Names of ``activation`` and ``output``.
    """

    def __init__(self, arrays: Mapping[str, Array], chosen: Mapping[str, Any]) -> None:
        self.W, self.hidden_bias = arrays["W"], arrays["hidden_bias"]
        self.visible_bias = arrays["visible_bias"]
        self.decoder = arrays.get("W_prime", self.W.T)
        self.activation = _activation(chosen["activation"])
        self.output = _activation(chosen["output"])
        n_visible = len(self.W)
        self.mean = arrays.get("mean", np.zeros(n_visible, self.W.dtype))
        self.scale = arrays.get("scale", np.ones(n_visible, self.W.dtype))

    def encode(self, x: Array) -> Array:
        """Return activation(s·W + hidden_bias), with s = (x − mean) / scale."""
        return self.activation(self.standardised(x) @ self.W + self.hidden_bias)

    def decode(self, code: Array) -> Array:
        """Return the output function of `pre_output`, in the units of x."""
        return self.output(self.pre_output(code)) * self.scale + self.mean

    def standardised(self, x: Array) -> Array:
        """Return (x − mean) / scale, and 0 where x is NaN."""
        values: Array = np.where(np.isnan(x), x.dtype.type(0), (x - self.mean) / self.scale)
        return values

    def pre_output(self, code: Array) -> Array:
        """Return code·Wᵀ + visible_bias, or the same with W_prime."""
        a: Array = code @ self.decoder + self.visible_bias
        return a


class ColumnScaling:
    """What is done to columns in float64, before rows have the precision of the model.

    Parameters
    ----------
    kind : {"minmax", "centred"}
        Columns scaled to [0, 1] and clipped, or only centred.
    offset, factor : float64 array, (columns,)
    """

    def __init__(self, kind: str, offset: Array, factor: Array) -> None:
        self.kind, self.offset, self.factor = kind, offset, factor

    def forward(self, values: Array) -> Array:
        """Return (value − offset) · factor; values beyond [0, 1] become the nearer end."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaled: Array = (values - self.offset) * self.factor
        return scaled if self.kind == "centred" else np.clip(scaled, 0, 1)

    def backward(self, scaled: Array) -> Array:
        """Return values in the units of the data, as float64."""
        values: Array = scaled / self.factor + self.offset
        return values


class AutoEncoder:
    """An autoencoder, or several on top of each other.

    Parameters
    ----------
    layers : sequence of Layer
        From the input upwards.
    cost : {"cross_entropy", "squared_error"}
    scaling : ColumnScaling, optional
        Applied to rows first, and undone for reconstructions.
    masked : bool
        Whether NaN stands for a missing entry, which is left out of the errors.
    names : sequence of str, optional
        Names of the columns, which those of a frame are compared with.
    lowest : array, (columns,), or number
        Least value of each column that counts as 0 but for rounding.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        cost: str,
        scaling: ColumnScaling | None = None,
        *,
        masked: bool = False,
        names: Sequence[str] | None = None,
        lowest: Any = -ROUNDING,
    ) -> None:
        self.layers = list(layers)
        self.cost, self.scaling, self.masked = cost, scaling, masked
        self.n_features_in_, self.names, self.lowest = layers[0].W.shape[0], names, lowest

    def transform(self, X: Any) -> Array:
        """Return the codes of rows, (rows, units of the highest layer).

        Warns
        -----
        UserWarning
            If values are outside [0, 1] under cross-entropy.

        Raises
        ------
        ValueError
            If the rows do not fit the model, or are a hundred widths from [0, 1] there.
        """
        return _in_parts(self._encode, self._rows(X))

    def inverse_transform(self, codes: Any) -> Array:
        """Return the reconstructions from codes, (rows, n_features_in_)."""
        return _in_parts(self._decode, _matrix(codes, self.layers[-1].W.shape[1], self._dtype))

    def reconstruct(self, X: Any) -> Array:
        """Return the reconstructions of rows; warns and raises as `transform`."""
        return _in_parts(lambda x: self._decode(self._encode(x)), self._rows(X))

    def score_samples(self, X: Any) -> Array:
        """Return the error of each row: the larger, the less it is like the training data.

        The error is the mean squared error or, under cross-entropy, the Bernoulli deviance
        summed over columns. It is NaN where nothing is observed.

        Raises
        ------
        ValueError
            If the rows do not fit the model, or are outside [0, 1] under cross-entropy, which
            has no value there.
        """
        return _in_parts(self._errors, self._rows(X, have_cost=True))

    @property
    def _dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.layers[0].W.dtype
        return dtype

    def _rows(self, X: Any, *, have_cost: bool = False) -> Array:
        _check_names(X, self.names)
        dtype = self._dtype if self.scaling is None else np.dtype(np.float64)
        rows = _matrix(X, self.n_features_in_, dtype, allow_nan=self.masked)
        if self.scaling is not None:
            rows = self.scaling.forward(rows).astype(self._dtype)
        if self.cost == "cross_entropy":
            _check_unit_interval(rows, self.lowest, have_cost=have_cost)
        return rows

    def _encode(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.encode(x)
        return x

    def _decode(self, code: Array) -> Array:
        for layer in reversed(self.layers):
            code = layer.decode(code)
        return code if self.scaling is None else self.scaling.backward(code)

    def _errors(self, x: Array) -> Array:
        """Return the mean of the errors that are observed, or their sum over all columns."""
        code, bottom = self._encode(x), self.layers[0]
        for layer in reversed(self.layers[1:]):
            code = layer.decode(code)
        a, target, observed = bottom.pre_output(code), bottom.standardised(x), ~np.isnan(x)
        squared = self.cost == "squared_error"
        terms = np.square(target - bottom.output(a)) if squared else deviance(target, a)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Array = (terms * observed).sum(axis=1) / observed.sum(axis=1, dtype=x.dtype)
        return mean if squared else mean * x.dtype.type(self.n_features_in_)


class Classifier:
    """Hidden layers and a softmax.

    Parameters
    ----------
    weights, biases : sequences of array
        Of each layer, the softmax last.
    activation : str
        Of the hidden layers.
    classes : sequence
        In the order of the outputs.
    scaling : pair of array or None
        Mean and deviation that columns are standardised by, if they are.
    columns : ColumnScaling, optional
        Applied to rows first.
    names : sequence of str, optional
        Names of the columns, which those of a frame are compared with.
    """

    def __init__(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        activation: Any,
        classes: Sequence[Any],
        scaling: tuple[Array | None, Array | None] = (None, None),
        columns: ColumnScaling | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        self.weights, self.biases = list(weights), list(biases)
        self.activation = _activation(activation)
        self.classes_, self.names = np.array(classes), names
        self.n_features_in_ = weights[0].shape[0]
        self.mean = np.zeros_like(biases[0], shape=()) if scaling[0] is None else scaling[0]
        self.scale = np.ones_like(biases[0], shape=()) if scaling[1] is None else scaling[1]
        self.columns = columns

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, (rows, classes)."""
        _check_names(X, self.names)
        dtype = self.weights[0].dtype
        read_as = dtype if self.columns is None else np.dtype(np.float64)
        rows = _matrix(X, self.n_features_in_, read_as)
        if self.columns is not None:
            rows = self.columns.forward(rows).astype(dtype)
        return _in_parts(self._probabilities, rows)

    def predict(self, X: Any) -> Array:
        """Return the most probable class of each row, (rows,)."""
        best: Array = self.classes_[np.argmax(self.predict_proba(X), axis=1)]
        return best

    def _probabilities(self, x: Array) -> Array:
        *hidden, (W, bias) = zip(self.weights, self.biases, strict=True)
        x = (x - self.mean) / self.scale
        for weights, hidden_bias in hidden:
            x = self.activation(x @ weights + hidden_bias)
        a = x @ W + bias
        likelihoods = np.exp(a - np.max(a, axis=1, keepdims=True))
        probabilities: Array = likelihoods / likelihoods.sum(axis=1, keepdims=True)
        return probabilities


class Detector:
    """An outlier detector.

    Parameters
    ----------
    arrays : mapping from name to array
        Parameters of the layer, moments of the columns, frequencies, scores of calibration rows.
    activation : str
        Of the layer.
    scaling : ColumnScaling, optional
        Applied to rows first.
    masked : bool
        Whether NaN stands for a missing entry.
    names : sequence of str, optional
        Names of the columns, which those of a frame are compared with.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        activation: Any,
        scaling: ColumnScaling | None = None,
        *,
        masked: bool = False,
        names: Sequence[str] | None = None,
    ) -> None:
        self.arrays, self.activation = arrays, _activation(activation)
        self.scaling, self.masked, self.names = scaling, masked, names
        self.encoder = arrays["W"] * arrays["sees"]
        self.decoder = arrays["W_prime"] * (1 - arrays["sees"].T)
        self.n_features_in_ = len(self.encoder)

    def score_samples(self, X: Any) -> Array:
        """Return the score of each row: the larger, the more normal.

        Raises
        ------
        ValueError
            If the rows do not fit the model.
        """
        scores: Array = -self.contributions(X).sum(axis=1)
        return scores

    def contributions(self, X: Any) -> Array:
        """Return what each column adds to the strangeness of each row, float64; see `autoenc`."""
        _check_names(X, self.names)
        dtype = self.encoder.dtype if self.scaling is None else np.dtype(np.float64)
        rows = _matrix(X, self.n_features_in_, dtype, allow_nan=self.masked)
        if self.scaling is not None:
            rows = self.scaling.forward(rows).astype(self.encoder.dtype)
        return _in_parts(self._entries, rows)

    def p_values(self, X: Any) -> Array:
        """Return (1 + calibration rows at least as strange) / (calibration rows + 1)."""
        known = self.arrays["calibration"]
        strange = -self.score_samples(X)
        least = strange - TIE * np.maximum(np.abs(strange), np.median(np.abs(known)))
        p = (1 + len(known) - np.searchsorted(known, least)) / (len(known) + 1)
        found: Array = np.where(np.isnan(strange), np.nan, p)
        return found

    def _entries(self, x: Array) -> Array:
        """Return the surprise of values and of residuals."""
        own = self.arrays
        z = (np.arcsinh((x - own["center"]) / own["spread"]) - own["shift"]) / own["stretch"]
        values = np.where(np.isnan(z), z.dtype.type(0), z)
        code = self.activation(values @ self.encoder + own["hidden_bias"])
        residuals = z - (code @ self.decoder + own["visible_bias"])
        entries = self._surprise("value", z) + self._surprise("residual", residuals)
        entries[np.isnan(z).all(axis=1)] = np.nan
        return entries

    def _surprise(self, name: str, values: Array) -> Array:
        """Return weight·(−log frequency − mean), with interpolated frequencies; 0 for NaN."""
        parts = ("low", "width", "frequency", "mean", "weight")
        low, width, frequency, mean, weight = (
            self.arrays[f"{name}_{part}"].astype(np.float64) for part in parts
        )
        last, columns = frequency.shape[1] - 1, np.arange(len(low))
        place = np.clip((values.astype(np.float64) - low) / width + 0.5, 0, last)
        missing = np.isnan(place)
        place[missing] = 0
        cell = np.minimum(place.astype(np.intp), last - 1)
        before, after = frequency[columns, cell], frequency[columns, cell + 1]
        found: Array = weight * (-np.log(before + (place - cell) * (after - before)) - mean)
        found[missing] = 0
        return found


def sigmoid(a: Array) -> Array:
    """Return 1 / (1 + exp(−a)), without overflow."""
    small = np.exp(-np.abs(a))
    value: Array = np.where(a >= 0, 1, small) / (1 + small)
    return value


def softplus(a: Array) -> Array:
    """Return log(1 + exp(a)), without overflow."""
    value: Array = np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))
    return value


def deviance(x: Array, a: Array) -> Array:
    """Return the cross-entropy of x and sigmoid(a), minus the entropy of x; at least 0."""
    inside = (x > 0) & (x < 1)
    p = np.where(inside, x, x.dtype.type(0.5))
    entropy = np.where(inside, -(p * np.log(p) + (1 - p) * np.log1p(-p)), x.dtype.type(0))
    value: Array = np.maximum(softplus(a) - x * a - entropy, 0)
    return value


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda a: a,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": sigmoid,
    "softplus": softplus,
    "tanh": np.tanh,
}


class _FunctionError(Exception):
    """What a model needs that a file cannot hold."""


class _DamagedError(Exception):
    """What is wrong with a file, without its name."""


def _read(content: bytes) -> tuple[dict[str, Array], dict[str, Any]]:
    """Arrays and description of a safetensors file: length, JSON header, data."""
    if len(content) < 8:
        raise _DamagedError(f"it has only {len(content)} bytes")
    length = int.from_bytes(content[:8], "little")
    if length > min(LONGEST_HEADER, len(content) - 8):
        raise _DamagedError(f"its header should have {length} bytes, the file has {len(content)}")
    header = _json_object(content[8 : 8 + length], "header")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not isinstance(metadata.get("autoenc"), str):
        raise _DamagedError("its metadata has no 'autoenc'")
    data = memoryview(content)[8 + length :]
    arrays = {name: _array(name, entry, data) for name, entry in header.items()}
    if sum(array.nbytes for array in arrays.values()) != len(data):
        raise _DamagedError(f"its arrays do not fill its {len(data)} bytes of data")
    return arrays, _json_object(_description(arrays, metadata["autoenc"]), "description")


def _description(arrays: Mapping[str, Array], stated: str) -> str:
    """Return the description, in JSON, without the checksum that may precede it."""
    if not stated.startswith("sha256:"):
        return stated
    checksum, _, description = stated.removeprefix("sha256:").partition(" ")
    if checksum != _checksum(arrays, description):
        raise _DamagedError("its content does not match its checksum")
    return description


def _checksum(arrays: Mapping[str, Array], description: str) -> str:
    names = sorted(arrays)
    described = [[name, arrays[name].dtype.str[1:], arrays[name].shape] for name in names]
    digest = hashlib.sha256(json.dumps([described, description]).encode())
    for name in names:
        digest.update(arrays[name].reshape(-1).data)
    return digest.hexdigest()


def _json_object(text: bytes | str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise _DamagedError(f"its {what} is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise _DamagedError(f"its {what} is not a mapping")
    return value


def _array(name: str, entry: Any, data: memoryview) -> Array:
    try:
        dtype, shape = np.dtype(DTYPES[entry["dtype"]]), tuple(entry["shape"])
        first, last = entry["data_offsets"]
    except (KeyError, TypeError, ValueError) as error:
        raise _DamagedError(f"what its header says of {name!r} is not understood") from error
    sizes = (*shape, first, last)
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in sizes):
        raise _DamagedError(f"{name!r} has sizes that are not whole numbers")
    count = 1
    for n in shape:
        count *= n
    if not first <= last <= len(data) or count * dtype.itemsize != last - first:
        raise _DamagedError(f"{name!r} of shape {shape} is not at bytes {first} to {last}")
    return np.frombuffer(data[first:last], dtype).reshape(shape)


def _model(
    arrays: Mapping[str, Array], description: Mapping[str, Any]
) -> AutoEncoder | Classifier | Detector:
    """Return the model of a file that `check_model` has accepted."""
    settings, fitted = description["settings"], description["fitted"]
    table = description.get("table", {})
    names = description.get("feature_names_in_", table.get("columns"))
    scaling = _scaling(table.get("scaling"))
    masked = settings.get("missing") == "mask"
    if description["class"] == "AutoEncoderDetector":
        activation = settings.get("activation", "tanh")
        return Detector(arrays, activation, scaling, masked=masked, names=names)
    if description["class"].endswith("Classifier"):
        weights, biases = (_numbered(arrays, name) for name in ("W", "bias"))
        activation = fitted.get("activation_", settings.get("activation", "linear"))
        moments = (arrays.get("mean"), arrays.get("scale"))
        classes = fitted["labels_"]
        return Classifier(weights, biases, activation, classes, moments, scaling, names)
    chosen = fitted.get("layers", [fitted])
    numbers = range(1, len(chosen) + 1)
    own = [_of_layer(arrays, number) for number in numbers] if "layers" in fitted else [arrays]
    activation = settings.get("activation", "sigmoid")
    layers = [
        Layer(of_layer, {"activation": activation, "output": of_one["output_"]})
        for of_layer, of_one in zip(own, chosen, strict=True)
    ]
    lowest = _lowest(own[0])
    cost = chosen[0]["cost_"]
    return AutoEncoder(layers, cost, scaling, masked=masked, names=names, lowest=lowest)


def _numbered(arrays: Mapping[str, Array], name: str) -> list[Array]:
    """Return the arrays name_1, name_2 and so on."""
    numbers = range(1, 1 + sum(one.startswith("W_") for one in arrays))
    return [arrays[f"{name}_{number}"] for number in numbers]


def _lowest(arrays: Mapping[str, Array]) -> Any:
    """Return the least value of each column that counts as 0 but for rounding."""
    if "data_min" not in arrays:
        return -ROUNDING
    width = arrays["data_max"] - arrays["data_min"]
    return -ROUNDING * np.where(width > 0, width, np.fmax.reduce(width))


def _scaling(stated: Mapping[str, Any] | None) -> ColumnScaling | None:
    """Return what is done to columns first, if anything is."""
    if stated is None:
        return None
    offset, factor = (np.array(stated[name], np.float64) for name in ("offset", "factor"))
    return ColumnScaling(stated["kind"], offset, factor)


def _activation(name: Any) -> Callable[[Array], Array]:
    if isinstance(name, dict):
        raise _FunctionError(
            f"the model has the function {name['function']} for an activation, which a file "
            "cannot hold; use autoenc itself."
        )
    return ACTIVATIONS[name]


def _check_names(X: Any, names: Sequence[str] | None) -> None:
    """Refuse a frame whose columns have other names, or another order, than the model's."""
    if names is None or not hasattr(X, "columns"):
        return
    found = [str(name) for name in X.columns]
    if found != list(names):
        raise ValueError(
            f"the columns are {found}; expected {list(names)}, in this order, as in training."
        )


def _matrix(X: Any, n_columns: int, dtype: np.dtype[Any], *, allow_nan: bool = False) -> Array:
    rows = np.asarray(X, dtype=dtype)
    if rows.ndim != 2 or rows.shape[1] != n_columns:
        raise ValueError(f"rows have shape {rows.shape}; expected (rows, {n_columns}).")
    if np.isinf(rows).any() or (np.isnan(rows).any() and not allow_nan):
        raise ValueError("rows have NaN or infinity; expected finite numbers.")
    return rows


def _check_unit_interval(rows: Array, lowest: Any, *, have_cost: bool) -> None:
    """Warn of values outside [0, 1]; refuse them where rows have a cost, or far from it."""
    if not np.any((rows < lowest) | (rows > 1 + ROUNDING)):
        return
    text = (
        f"rows have values from {np.nanmin(rows)} to {np.nanmax(rows)}; expected [0, 1], "
        "which the model was fitted on. Scale them as they were scaled there."
    )
    if have_cost or np.any((rows <= -FAR) | (rows >= 1 + FAR)):
        raise ValueError(text)
    warnings.warn(text, stacklevel=4)


def _in_parts(function: Callable[[Array], Array], rows: Array) -> Array:
    starts = range(0, max(len(rows), 1), ROWS_AT_A_TIME)
    return np.concatenate([function(rows[i : i + ROWS_AT_A_TIME]) for i in starts])


# --- schema: from here to the end, the text of autoenc/models/schema.py ---


class SchemaError(ValueError):
    """A model file says what no model can be."""


class Kind(NamedTuple):
    """What a value may be."""

    expected: str
    accepts: Callable[[Any], bool]

    def __or__(self, other: Kind) -> Kind:
        return Kind(
            f"{self.expected} or {other.expected}",
            lambda value: self.accepts(value) or other.accepts(value),
        )


LARGEST_FLOAT = float(np.finfo(np.float64).max)
LEAST_FLOAT = 5e-324  # of those above 0


def integer(low: int = 1, high: int = 2**63 - 1) -> Kind:
    """Return the kind of the integers from `low` to `high`; True and False are none."""
    expected = f"an integer of at least {low}"
    return Kind(expected, lambda v: type(v) is int and low <= v <= high)


def number(low: float, high: float = LARGEST_FLOAT) -> Kind:
    """Return the kind of the finite numbers from `low` to `high`."""
    expected = f"a number from {low:g} to {high:g}"
    return Kind(expected, lambda v: type(v) in (int, float) and low <= v <= high)


def one_of(*values: Any) -> Kind:
    """Return the kind of some values, which are compared with their types: True is not 1."""
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
    # Half of a pair of surrogates cannot be written to any file or terminal.
    return type(value) is str and len(value) <= 10_000 and not _SURROGATES.search(value)


def _is_function(value: Any) -> bool:
    return type(value) is dict and list(value) == ["function"] and _is_text(value["function"])


_SURROGATES = re.compile("[\ud800-\udfff]")
TEXT = Kind("text", _is_text)
NOTHING = one_of(None)
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
# Of an epoch: costs that are not finite, too.
RECORDED = ANY_NUMBER | SWITCH | TEXT | NOTHING
PRECISION = one_of("float32", "float64")

COSTS = one_of("cross_entropy", "squared_error")
ACTIVATION = one_of("linear", "relu", "sigmoid", "softplus", "tanh") | FUNCTION
OPTIMIZER = (
    one_of("adadelta", "adagrad", "adam", "momentum", "nesterov", "rmsprop", "sgd") | FUNCTION
)
RATE = ABOVE_ZERO | one_of("auto") | FUNCTION
NOISE = (
    PART
    | pair(one_of("masking", "salt_and_pepper"), PART)
    | pair(one_of("gaussian"), number(0))
    | FUNCTION
)
NOISES = NOISE | sequence(NOISE | sequence(NOISE)) | NOTHING
_DEVICE = re.compile("cpu|cuda[0-9]{0,4}")
_SIZE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})? ?[kMGT]?i?B?", re.IGNORECASE)

SETTINGS: dict[str, Kind] = {
    "activation": ACTIVATION,
    "backend": one_of("auto", "c", "xla", "numba", None),
    "batch_size": COUNT,
    "contamination": number(LEAST_FLOAT, 0.5) | NOTHING,
    "contraction": number(0),
    "corruption": NOISES,
    "cost": COSTS | one_of("auto"),
    "dependence": number(0),
    "device": Kind(
        "cpu, cuda or cuda0", lambda v: v is None or (_is_text(v) and bool(_DEVICE.fullmatch(v)))
    ),
    "devices": COUNT | one_of("all", None),
    "dropout": NOT_ONE | sequence(NOT_ONE),
    "dtype": PRECISION | NOTHING,
    "early_stopping": NOTHING,
    "hidden_sizes": sequence(COUNT),
    "init": one_of("uniform", "gaussian", "glorot") | FUNCTION,
    "l1": number(0),
    "l2": number(0),
    "learning_rate": RATE,
    "learning_rate_decay": number(LEAST_FLOAT, 1),
    "memory": Kind("a size such as 2GB", lambda v: _is_text(v) and bool(_SIZE.fullmatch(v)))
    | COUNT
    | NOTHING,
    "missing": one_of("refuse", "mask"),
    "momentum": NOT_ONE,
    "n_bins": COUNT,
    "n_epochs": COUNT,
    "n_hidden": COUNT,
    "n_updates": COUNT,
    "optimizer": OPTIMIZER,
    "output": ACTIVATION | one_of("auto"),
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
_CLASSIFIER = ("dropout", "l1", "l2", "learning_rate_decay", "optimizer", *_TRAINING)
_PENALTIES = ("contraction", "sparsity", "sparsity_target")
_DENOISING = ("corruption", *_LAYER)
# How a classifier's layers were trained without labels: their settings, by other names.
_PRETRAINING = {f"pretraining_{name}": SETTINGS[name] for name in _DENOISING}
_PRETRAINING |= {"pretraining_epochs": COUNT, "pretraining_rate": RATE}
SETTINGS |= _PRETRAINING
# Settings that every file of their classes has.
SIZES = ("n_hidden", "hidden_sizes")
# The settings of each class. Files of earlier versions lack some of them.
CLASSES: dict[str, tuple[str, ...]] = {
    "AutoEncoder": _LAYER,
    "DenoisingAutoEncoder": _DENOISING,
    "StackedDenoisingAutoEncoder": (
        "hidden_sizes", *(name for name in _DENOISING if name != "n_hidden"),
    ),
    "AutoEncoderDetector": (
        "activation", "contamination", "dependence", "l2", "missing", "n_bins", "n_hidden",
        "n_updates", "optimizer", "seen", *(name for name in _TRAINING if name != "n_epochs"),
    ),
    "SoftmaxClassifier": _CLASSIFIER,
    "PerceptronClassifier": ("activation", "n_hidden", *_PENALTIES, *_CLASSIFIER),
    "StackedDenoisingClassifier": (
        "activation", "corruption", "cost", "hidden_sizes", "scale", *_PENALTIES, *_PRETRAINING,
        *_CLASSIFIER,
    ),
}  # fmt: skip
# "auto", until the data has decided.
_OWN_KINDS = {
    ("StackedDenoisingClassifier", "activation"): ACTIVATION | one_of("auto"),
}

CHOSEN: dict[str, Kind] = {
    "backend_": TEXT,
    "cost_": COSTS,
    "data_dtype_": TEXT,
    "gain_": ABOVE_ZERO,
    "learning_rate_": ABOVE_ZERO | NOTHING,
    "output_": ACTIVATION,
    "seed_": SEED,
}
HISTORY = sequence(mapping(RECORDED))
_EVERY: dict[str, Kind] = {
    "backend_": TEXT, "data_dtype_": TEXT, "history_": HISTORY, "n_features_in_": COUNT,
    "seed_": SEED,
}  # fmt: skip
FITTED: dict[str, dict[str, Kind]] = {
    "AutoEncoder": _EVERY | CHOSEN,
    "DenoisingAutoEncoder": _EVERY | CHOSEN,
    "StackedDenoisingAutoEncoder": {**_EVERY, "layers": sequence(mapping(ANYTHING))},
    "SoftmaxClassifier": {
        **_EVERY, "labels_": sequence(ANYTHING), "learning_rate_": CHOSEN["learning_rate_"],
    },
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
        Names the first thing that does not fit, and what is expected.
    """
    _check_entries("", description, DESCRIPTION, ("class", "settings", "fitted"))
    name, settings, fitted = (description[part] for part in ("class", "settings", "fitted"))
    kinds = {s: _OWN_KINDS.get((name, s), SETTINGS[s]) for s in CLASSES[name]}
    # The defaults of other settings fit any arrays; those of sizes do not.
    sizes = [s for s in SIZES if s in kinds]
    _check_entries("settings.", settings, kinds, sizes)
    _check_entries("", fitted, FITTED[name], ("n_features_in_",))
    check = {
        "AutoEncoder": _check_autoencoder, "DenoisingAutoEncoder": _check_autoencoder,
        "StackedDenoisingAutoEncoder": _check_stack, "AutoEncoderDetector": _check_detector,
    }.get(name, _check_classifier)  # fmt: skip
    check(arrays, settings, fitted)
    _check_columns(description, fitted["n_features_in_"])
    _check_history(fitted.get("history_", []))


def _check_entries(
    where: str, found: Mapping[str, Any], kinds: Mapping[str, Kind], required: Sequence[str] = ()
) -> None:
    """Check that there are no names but known ones, the required ones, and values of each kind."""
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
    _require_equal("settings.n_hidden", settings.get("n_hidden"), n_hidden)
    for setting in ("cost", "output"):
        given, chosen = settings.get(setting, "auto"), fitted[f"{setting}_"]
        _require_equal(f"{setting}_", chosen, chosen if given == "auto" else given)


def _check_detector(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any]
) -> None:
    """Check a layer, its moments, the tables of surprise and the scores of calibration rows."""
    n = fitted["n_features_in_"]
    n_hidden, cells = _width(arrays, "W", n), _width(arrays, "value_frequency", n)
    shapes: dict[str, tuple[int, ...]] = {
        "W": (n, n_hidden), "sees": (n, n_hidden), "W_prime": (n_hidden, n),
        "hidden_bias": (n_hidden,),
    }  # fmt: skip
    columns = ("visible_bias", "center", "spread", "shift", "stretch")
    shapes |= dict.fromkeys(columns, (n,))
    views = ("value", "residual")
    for view in views:
        shapes |= {f"{view}_{name}": (n,) for name in ("low", "width", "mean", "weight")}
        shapes[f"{view}_frequency"] = (n, cells)
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
    width, layers = fitted["n_features_in_"], fitted.get("layers", [])
    sizes: list[int] = []
    own = [_of_layer(arrays, number) for number in range(1, len(layers) + 1)]
    _require(sum(map(len, own)) == len(arrays), "there are arrays of layers not described")
    for number, (layer, chosen) in enumerate(zip(own, layers, strict=True), start=1):
        _check_entries(f"layer {number}: ", chosen, CHOSEN)
        width = _check_layer(layer, settings, chosen, width)
        sizes.append(width)
    _require(bool(sizes), "there are no layers")
    _require_equal("settings.hidden_sizes", settings.get("hidden_sizes"), sizes)
    _check_per_layer("corruption", settings, len(sizes))
    for record in fitted.get("history_", []):
        _require(integer(1, len(sizes)).accepts(record.get("layer")), "an epoch is of no layer")


def _of_layer(arrays: Mapping[str, Array], number: int) -> dict[str, Array]:
    prefix = f"layer_{number}."
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _check_layer(
    arrays: Mapping[str, Array], settings: Mapping[str, Any], fitted: Mapping[str, Any],
    n_visible: int,
) -> int:  # fmt: skip
    """Check one layer of `n_visible` columns, and return how many units it has."""
    for name in ("cost_", "output_"):
        _require(name in fitted, f"there is no {name}")
    output = fitted["output_"]
    bounded = output == "sigmoid" or FUNCTION.accepts(output)
    _require(fitted["cost_"] != "cross_entropy" or bounded, f"cross_entropy is of {output!r:.60}")
    n_hidden = _width(arrays, "W", n_visible)
    shapes: dict[str, tuple[int, ...]] = {
        "W": (n_visible, n_hidden), "hidden_bias": (n_hidden,), "visible_bias": (n_visible,),
    }  # fmt: skip
    if not settings.get("tied", True):
        shapes["W_prime"] = (n_hidden, n_visible)
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
        sizes.append(width := above)
    _require(bool(sizes), "there is no W_1")
    _check_arrays(arrays, shapes, fitted["n_features_in_"])
    *hidden, n_classes = sizes
    given = settings.get("hidden_sizes", [settings[n] for n in SIZES if n in settings])
    _require_equal("the number of hidden units", hidden, given)
    if "hidden_sizes" in settings:
        _check_per_layer("corruption", settings, len(hidden))
    _check_per_layer("dropout", settings, len(sizes))
    given = settings.get("activation", "auto")
    chosen = fitted.get("activation_", given)
    _require_equal("activation_", chosen, chosen if given == "auto" else given)
    _require(not hidden or chosen != "auto", "there is no activation_")
    _check_labels(fitted.get("labels_"), n_classes)


def _check_per_layer(name: str, settings: Mapping[str, Any], n_layers: int) -> None:
    """Check that there is one value for all layers, or one for each."""
    value = settings.get(name)
    # A list that begins with text is one noise and its amount.
    if type(value) is list and not (value and type(value[0]) is str):
        _require_equal(f"the number of values of settings.{name}", len(value), n_layers)


def _check_labels(labels: Any, n_classes: int) -> None:
    """Classes are sorted and all of one type, as `numpy.unique` returns them."""
    _require(labels is not None, "there is no labels_")
    of_one_type = len({type(label) for label in labels}) == 1
    item = SWITCH | TEXT | integer(-(2**63)) | FINITE
    fits = of_one_type and all(map(item.accepts, labels)) and len(labels) == n_classes > 1
    fits = fits and all(low < high for low, high in pairwise(labels))
    _require(fits, f"labels_ is {labels!r:.60}; expected {n_classes} classes, sorted")


def _width(arrays: Mapping[str, Array], name: str, n_in: int) -> int:
    """Return how many columns weights have."""
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
    n_states = sum(name.startswith("optimizer.") for name in arrays)
    states = {f"optimizer.{number}" for number in range(n_states)}
    for name in shapes:
        _require(name in arrays, f"there is no {name}")
    for name, array in arrays.items():
        _require(name in states or name in shapes, f"the array {name!r:.60} is not known")
        if name in states:
            _require(bool(np.isfinite(array).all()), f"{name} has NaN or infinity")
        else:
            _check_array(name, array, shapes[name], dtype)
    if "scale" in arrays:
        _require(bool((arrays["scale"] > 0).all()), "scale has numbers that are not above 0")
    if "data_min" in arrays:
        crossed = arrays["data_min"] > arrays["data_max"]
        _require(not crossed.any(), "data_min is above data_max")


def _check_array(name: str, array: Array, shape: tuple[int, ...], dtype: Any) -> None:
    _require(array.shape == shape, f"{name} has shape {array.shape}; expected {shape}")
    _require(array.dtype == dtype, f"{name} is of {array.dtype}; expected {dtype}")
    # Columns without observed values have no range.
    strange = np.isinf(array) if name in ("data_min", "data_max") else ~np.isfinite(array)
    _require(not strange.any(), f"{name} has NaN or infinity")


def _check_columns(description: Mapping[str, Any], n: int) -> None:
    """Check what a file says of columns: names, the image that they are, and their scaling."""
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
    }
    _check_entries("table.", table, kinds)
    own, others = description.get("feature_names_in_"), table.get("columns")
    _require(others is None or len(set(others)) == n, "table.columns are not different")
    _require(own is None or names.accepts(own), f"there are not {n} names of columns")
    _require(None in (own, others) or own == others, "table.columns are not feature_names_in_")
    if table.get("image_shape") is not None:
        n_pixels = int(np.prod(table["image_shape"], dtype=object))
        _require_equal("table.image_shape", n_pixels, n)
    if table.get("scaling") is not None:
        _check_scaling(table["scaling"], n)


def _check_scaling(scaling: Mapping[str, Any], n: int) -> None:
    kinds = {
        "kind": one_of("minmax", "centred"),
        "offset": sequence(FINITE, n),
        "factor": sequence(number(LEAST_FLOAT), n),
    }
    _check_entries("table.scaling.", scaling, kinds, tuple(kinds))
    factors = scaling["factor"]
    _require(scaling["kind"] == "minmax" or set(factors) == {1}, "a centred column has a factor")


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
