"""Use models of autoenc with only NumPy. Copy this file wherever you need it.

    import numpy_reader

    model = numpy_reader.load("model.safetensors")
    codes = model.transform(rows)
    errors = model.score_samples(rows)

It reads autoencoders, stacks, classifiers and outlier detectors. Results equal those of autoenc up
to rounding. Rows and reconstructions are in the units of the data: the model scales columns
itself. Nothing in a model file is ever executed.

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
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.models.schema import SchemaError, activations_of, arrays_of_layer, check_model
from autoenc.rows.encoding import Encoding

Array = np.ndarray[Any, Any]

# Dtypes of the safetensors format that NumPy has, too, and the maximum length of a header.
DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip
LONGEST_HEADER = 100_000_000
# Number of rows that are computed at a time, so that intermediate results fit into memory.
ROWS_AT_A_TIME = 8_192
# For models with cross-entropy, as in autoenc: values outside [0, 1] by this fraction of the range
# of a column are rounding errors. At FAR times the range, they are a mistake, such as bytes.
ROUNDING = 1e-6
FAR = 100
# Scores of a detector with a smaller relative difference are equal up to rounding.
TIE = 1e-5


class ModelFileError(ValueError):
    """Error raised if a file is not a model file, is damaged, or needs autoenc itself."""


def load(path: str | os.PathLike[str]) -> AutoEncoder | Classifier | Detector:
    """Read a model file.

    Parameters
    ----------
    path : path
        File written by `save` of an estimator of autoenc.

    Returns
    -------
    AutoEncoder, Classifier or Detector

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ModelFileError
        If it is not a model file, is damaged, or contains a model whose activation is a
        user-defined function.
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
        W, hidden_bias, visible_bias and, if weights are not tied, W_prime; mean and scale, if
        columns are standardised.
    chosen : mapping
        Names of ``activation`` and ``output``.
    """

    def __init__(self, arrays: Mapping[str, Array], chosen: Mapping[str, Any]) -> None:
        self.W, self.hidden_bias = arrays["W"], arrays["hidden_bias"]
        self.visible_bias = arrays["visible_bias"]
        self.decoder = arrays.get("W_prime", self.W.T)
        self.activation = _activation(chosen["activation"])
        n_visible = len(self.W)
        self.mean = arrays.get("mean", np.zeros(n_visible, self.W.dtype))
        self.scale = arrays.get("scale", np.ones(n_visible, self.W.dtype))
        clipped = chosen["output"] == "clipped"
        self.limits = (arrays["lower"], arrays["upper"]) if clipped else (-np.inf, np.inf)
        self.output = self._output(chosen["output"])

    def encode(self, x: Array) -> Array:
        """Return activation(s·W + hidden_bias), with s = (x − mean) / scale."""
        return self.activation(self.standardised(x) @ self.W + self.hidden_bias)

    def decode(self, code: Array) -> Array:
        """Return the output function of `pre_output`, in the units of x."""
        values = self.output(self.pre_output(code)) * self.scale + self.mean
        # Values that were clipped in standard units are beyond the limits by their rounding.
        clipped: Array = np.clip(values, *self.limits)
        return clipped

    def standardised(self, x: Array) -> Array:
        """Return (x − mean) / scale, and 0 where x is NaN."""
        values: Array = np.where(np.isnan(x), x.dtype.type(0), (x - self.mean) / self.scale)
        return values

    def _output(self, name: Any) -> Callable[[Array], Array]:
        """Return the output function; a clipped one keeps values within the limits of columns."""
        if name != "clipped":
            return _activation(name)
        lower, upper = ((limit - self.mean) / self.scale for limit in self.limits)
        return lambda a: np.clip(a, lower, upper)

    def pre_output(self, code: Array) -> Array:
        """Return code·Wᵀ + visible_bias, or the same with W_prime."""
        a: Array = code @ self.decoder + self.visible_bias
        return a


class ColumnScaling:
    """Scaling of columns in float64, before rows are cast to the precision of the model.

    Parameters
    ----------
    kind : {"minmax", "centred"}
        Columns scaled to [0, 1] and clipped, or only centred.
    offset, factor : float64 array, (columns,)
    """

    def __init__(self, kind: str, offset: Array, factor: Array) -> None:
        self.kind, self.offset, self.factor = kind, offset, factor

    def forward(self, values: Array) -> Array:
        """Return (value − offset) · factor, clipped to [0, 1]."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaled: Array = (values - self.offset) * self.factor
        return scaled if self.kind == "centred" else np.clip(scaled, 0, 1)

    def backward(self, scaled: Array) -> Array:
        """Return values in the units of the data, as float64."""
        values: Array = scaled / self.factor + self.offset
        return values


class AutoEncoder:
    """Autoencoder, or a stack of several autoencoders.

    Parameters
    ----------
    layers : sequence of Layer
        Layers, from the input upwards.
    cost : {"cross_entropy", "squared_error", "mixed"}
    scaling : ColumnScaling, optional
        Scaling that is applied to rows first, and undone for reconstructions.
    encoding : Encoding, optional
        Encoding of columns that are not all numbers. Rows are then a frame, or a mapping from
        column names to values; reconstructions are such a mapping.
    masked : bool
        Whether NaN marks missing entries, which are excluded from the errors.
    names : sequence of str, optional
        Names of the columns, with which the names in a frame are compared.
    lowest : array, (columns,), or number
        Lowest value of each column that counts as 0, within rounding.
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
        encoding: Encoding | None = None,
    ) -> None:
        self.layers, self.encoding = list(layers), encoding
        self.cost, self.scaling, self.masked = cost, scaling, masked
        self.n_features_in_, self.names, self.lowest = layers[0].W.shape[0], names, lowest

    def transform(self, X: Any) -> Array:
        """Return the codes of rows, (rows, units of the highest layer).

        Warns
        -----
        UserWarning
            If values are outside [0, 1] with cross-entropy.

        Raises
        ------
        ValueError
            If the rows do not match the model, or if values are a hundred widths from [0, 1].
        """
        return _in_parts(self._encode, self._rows(X))

    def inverse_transform(self, codes: Any) -> Any:
        """Return the reconstructions from codes, (rows, n_features_in_), or columns by name."""
        rows = _matrix(codes, self.layers[-1].W.shape[1], self._dtype)
        return self._decoded(_in_parts(self._decode, rows))

    def reconstruct(self, X: Any) -> Any:
        """Return the reconstructions of rows; warn and raise errors like `transform`."""
        return self._decoded(_in_parts(lambda x: self._decode(self._encode(x)), self._rows(X)))

    def impute(self, X: Any) -> Any:
        """Return rows with missing entries replaced by their reconstructions.

        Observed entries are unchanged. The dtype is float64 if that of the model cannot represent
        all numbers of the dtype of X.

        For columns of different kinds, the result is a mapping from column names to arrays.
        """
        rows = self._rows(X, allow_nan=True)
        filled = self._decoded(_in_parts(lambda x: self._decode(self._encode(x)), rows))
        if self.encoding is None:
            given = np.asarray(X)
            if not np.can_cast(given.dtype, filled.dtype):
                given = given.astype(np.float64)
            return np.where(np.isnan(given), filled, given)
        encoded = self.encoding.encode(X)[0]
        columns = self.encoding.decode(encoded)
        missing = self.encoding.missing(encoded)
        return {
            name: np.where(missing[:, k], filled[name], columns[name])
            for k, name in enumerate(columns)
        }

    def score_samples(self, X: Any) -> Array:
        """Return the error of each row: the larger, the less similar to the training data.

        The error is the mean squared error or, with cross-entropy, the Bernoulli deviance summed
        over columns. For columns of different kinds, it is the mean of their errors. It is NaN for
        a row without observed values.

        Raises
        ------
        ValueError
            If the rows do not match the model, or if they are outside [0, 1], where cross-entropy
            is undefined.
        """
        return _in_parts(self._errors, self._rows(X, have_cost=True))

    @property
    def _dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.layers[0].W.dtype
        return dtype

    def _rows(self, X: Any, *, have_cost: bool = False, allow_nan: bool = False) -> Array:
        X = _encoded(X, self.encoding, self.names)
        rows = _scaled(
            X, self.n_features_in_, self._dtype, self.scaling, allow_nan=allow_nan or self.masked
        )
        if self.cost == "cross_entropy":
            _check_unit_interval(rows, self.lowest, have_cost=have_cost)
        return rows

    def _encode(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.encode(x)
        return x

    def _decoded(self, numbers: Array) -> Any:
        """Return numbers as columns by name, if there is an encoding."""
        return numbers if self.encoding is None else self.encoding.decode(numbers)

    def _decode(self, code: Array) -> Array:
        code, bottom = self._down(code), self.layers[0]
        z = bottom.decode(code) if self.encoding is None else self._of_kinds(bottom, code)
        return z if self.scaling is None else self.scaling.backward(z)

    def _down(self, code: Array) -> Array:
        """Return the input of the lowest decoder, from a code of the highest layer."""
        for layer in reversed(self.layers[1:]):
            code = layer.decode(code)
        return code

    def _of_kinds(self, layer: Layer, code: Array) -> Array:
        """Return probabilities of the values of categories, and numbers."""
        z, a = layer.decode(code), layer.pre_output(code)
        assert self.encoding is not None
        for size, entries in zip(self.encoding.sizes, self.encoding.slices, strict=True):
            if size:
                z[:, entries] = np.exp(log_softmax(a[:, entries]))
        return z

    def _errors_of_kinds(self, x: Array) -> Array:
        """Return the mean over observed columns of cross-entropies and squared errors."""
        assert self.encoding is not None
        layer, code = self.layers[0], self._down(self._encode(x))
        a, target = layer.pre_output(code), layer.standardised(x)
        total, weights = np.zeros(len(x), x.dtype), self.encoding.weights(layer.mean)
        observed = ~self.encoding.missing(x)
        slices = self.encoding.slices
        for size, entries, weight, seen in zip(
            self.encoding.sizes, slices, weights, observed.T, strict=True
        ):
            given, own = x[:, entries], a[:, entries]
            if size:
                terms = -x.dtype.type(weight) * given * log_softmax(own)
            else:
                terms = np.square(target[:, entries] - own)
            total += np.where(seen, terms.sum(axis=1), 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Array = total / observed.sum(axis=1, dtype=x.dtype)
        return mean

    def _errors(self, x: Array) -> Array:
        """Return the mean of the observed errors, or their sum over all columns."""
        if self.encoding is not None:
            return self._errors_of_kinds(x)
        code, bottom = self._down(self._encode(x)), self.layers[0]
        a, target, observed = bottom.pre_output(code), bottom.standardised(x), ~np.isnan(x)
        squared = self.cost == "squared_error"
        terms = np.square(target - bottom.output(a)) if squared else deviance(target, a)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Array = (terms * observed).sum(axis=1) / observed.sum(axis=1, dtype=x.dtype)
        return mean if squared else mean * x.dtype.type(self.n_features_in_)


class Classifier:
    """Classifier with hidden layers and a softmax layer.

    Parameters
    ----------
    weights, biases : sequences of array
        Parameters of each layer, the softmax layer last.
    activation : str
        Activation of the hidden layers.
    classes : sequence
        Classes in the order of the outputs.
    moments : pair of array or None
        Mean and standard deviation for standardising columns, if they are standardised.
    scaling : ColumnScaling, optional
        Scaling that is applied to rows first.
    names : sequence of str, optional
        Names of the columns, which those of a frame are compared with.
    encoding : Encoding, optional
        See `AutoEncoder`. Missing entries are then replaced by the mean.
    """

    def __init__(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        activation: Any,
        classes: Sequence[Any] | Array,
        moments: tuple[Array | None, Array | None] = (None, None),
        scaling: ColumnScaling | None = None,
        names: Sequence[str] | None = None,
        encoding: Encoding | None = None,
    ) -> None:
        self.weights, self.biases = list(weights), list(biases)
        self.activation = _activation(activation)
        self.classes_, self.names = np.array(classes), names
        self.n_features_in_ = weights[0].shape[0]
        self.mean = np.zeros_like(biases[0], shape=()) if moments[0] is None else moments[0]
        self.scale = np.ones_like(biases[0], shape=()) if moments[1] is None else moments[1]
        self.scaling, self.encoding = scaling, encoding

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, (rows, classes)."""
        X = _encoded(X, self.encoding, self.names)
        rows = _scaled(
            X, self.n_features_in_, self.weights[0].dtype, self.scaling,
            allow_nan=self.encoding is not None,
        )  # fmt: skip
        return _in_parts(self._probabilities, rows)

    def predict(self, X: Any) -> Array:
        """Return the most probable class of each row, (rows,)."""
        best: Array = self.classes_[np.argmax(self.predict_proba(X), axis=1)]
        return best

    def _probabilities(self, x: Array) -> Array:
        *hidden, (W, bias) = zip(self.weights, self.biases, strict=True)
        x = np.where(np.isnan(x), x.dtype.type(0), (x - self.mean) / self.scale)
        for weights, hidden_bias in hidden:
            x = self.activation(x @ weights + hidden_bias)
        a = x @ W + bias
        likelihoods = np.exp(a - np.max(a, axis=1, keepdims=True))
        probabilities: Array = likelihoods / likelihoods.sum(axis=1, keepdims=True)
        return probabilities


class Detector:
    """Outlier detector.

    Parameters
    ----------
    arrays : mapping from name to array
        Parameters of the layer, moments of the columns, frequencies, scores of calibration rows.
    activation : str
        Activation of the layer.
    scaling : ColumnScaling, optional
        Scaling that is applied to rows first.
    masked : bool
        Whether NaN marks missing entries.
    names : sequence of str, optional
        Names of the columns, with which the names in a frame are compared.
    encoding : Encoding, optional
        See `AutoEncoder`. Unknown values of categories are anomalous.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        activation: Any,
        scaling: ColumnScaling | None = None,
        *,
        masked: bool = False,
        names: Sequence[str] | None = None,
        encoding: Encoding | None = None,
    ) -> None:
        self.arrays, self.activation = arrays, _activation(activation)
        self.scaling, self.masked, self.names = scaling, masked, names
        self.encoding = encoding
        self.encoder = arrays["W"] * arrays["sees"]
        self.decoder = arrays["W_prime"] * (1 - arrays["sees"].T)
        self.n_features_in_ = len(self.encoder)

    def score_samples(self, X: Any) -> Array:
        """Return the score of each row: the larger, the more normal.

        Raises
        ------
        ValueError
            If the rows do not match the model.
        """
        scores: Array = -self.contributions(X).sum(axis=1)
        return scores

    def contributions(self, X: Any) -> Array:
        """Return the contribution of each column to the score, as float64; see `autoenc`."""
        X = _encoded(X, self.encoding, self.names, unknown_as=0)
        rows = _scaled(
            X, self.n_features_in_, self.encoder.dtype, self.scaling, allow_nan=self.masked
        )
        return _in_parts(self._entries, rows)

    def p_values(self, X: Any) -> Array:
        """Return (1 + calibration rows at least as anomalous) / (calibration rows + 1)."""
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
        for entries in self._categories():
            # A category without an entry of 1 is missing or unknown.
            values[:, entries] *= np.nansum(x[:, entries], axis=1, keepdims=True) > 0
        code = self.activation(values @ self.encoder + own["hidden_bias"])
        a = code @ self.decoder + own["visible_bias"]
        residuals = z - a
        if self.encoding is not None:
            z, residuals = self._of_kinds(x, z, a)
        found = self._surprise("value", z) + self._surprise("residual", residuals)
        found[np.isnan(z).all(axis=1)] = np.nan
        return found

    def _categories(self) -> list[slice]:
        """Return the entries of each category."""
        if self.encoding is None:
            return []
        pairs = zip(self.encoding.sizes, self.encoding.slices, strict=True)
        return [entries for size, entries in pairs if size]

    def _of_kinds(self, x: Array, z: Array, a: Array) -> tuple[Array, Array]:
        """Return numbers and residuals; frequency and probability of the values of categories."""
        assert self.encoding is not None
        values, others = z.copy(), z - a
        frequencies = self.arrays["shift"] / z.dtype.type(np.arcsinh(1.0))
        for column, entries in zip(self.encoding.columns, self.encoding.slices, strict=True):
            if column.n_values:
                own = frequencies[entries].copy()
                if column.other:  # each of the rare values is rarer than the others
                    own[-1] = own.min()
                values[:, entries] = x[:, entries] * own
                others[:, entries] = x[:, entries] * np.exp(log_softmax(a[:, entries]))
        return self.encoding.summed(values), self.encoding.summed(others)

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


def log_softmax(a: Array) -> Array:
    """Return a − log Σ exp(a), with the sum over the columns, without overflow."""
    shifted = a - a.max(axis=1, keepdims=True)
    value: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return value


def deviance(x: Array, a: Array) -> Array:
    """Return the Bernoulli deviance of x and sigmoid(a): cross-entropy minus the entropy of x.

    The formula is that of `autoenc.graph.bernoulli_deviance_from_logits`.
    """
    size, inside = np.abs(a), np.clip(x, 0, 1)
    p = np.where(a > 0, 1 - inside, inside)
    e = np.exp(-size)
    total, limits = p * (1 + e), np.finfo(x.dtype)
    log_ratio = np.log(np.maximum(total, limits.tiny)) + size
    log_rest = np.log1p(np.maximum(e - total, limits.epsneg - 1))
    value: Array = np.maximum(p * log_ratio + (1 - p) * log_rest, 0)
    return value


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda a: a,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": sigmoid,
    "softplus": softplus,
    "tanh": np.tanh,
}


class _FunctionError(Exception):
    """Function of a model that a file cannot contain."""


class _DamagedError(Exception):
    """Description of the damage of a file, without its name."""


def _read(content: bytes) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return arrays and description of a safetensors file: length, JSON header, data."""
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
        raise _DamagedError(f"the entry {name!r} of its header is invalid") from error
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
    settings, table = description["settings"], description.get("table", {})
    names = description.get("feature_names_in_", table.get("columns"))
    scaling = _scaling(table.get("scaling"))
    stated = table.get("encoding")
    encoding = None if stated is None else Encoding.from_description(stated)
    missing = settings.get("missing", "auto")
    masked = missing == "mask" or (missing == "auto" and encoding is not None)
    if description["class"] == "AutoEncoderDetector":
        activation = settings.get("activation", "tanh")
        return Detector(arrays, activation, scaling, masked=masked, names=names, encoding=encoding)
    if description["class"].endswith("Classifier"):
        return _classifier(arrays, description, scaling=scaling, names=names, encoding=encoding)
    return _autoencoder(
        arrays, description, scaling=scaling, masked=masked, names=names, encoding=encoding
    )


def _classifier(
    arrays: Mapping[str, Array], description: Mapping[str, Any], **more: Any
) -> Classifier:
    settings, fitted = description["settings"], description["fitted"]
    weights, biases = zip(*_plain_layers(arrays), strict=True)
    activation = fitted.get("activation_", settings.get("activation", "linear"))
    classes = np.array(fitted["labels_"])
    if "labels_dtype_" in fitted:
        classes = classes.astype(fitted["labels_dtype_"])
    moments = (arrays.get("mean"), arrays.get("scale"))
    return Classifier(weights, biases, activation, classes, moments, **more)


def _autoencoder(
    arrays: Mapping[str, Array], description: Mapping[str, Any], **more: Any
) -> AutoEncoder:
    settings, fitted = description["settings"], description["fitted"]
    chosen = fitted.get("layers", [fitted])
    numbers = range(1, len(chosen) + 1)
    own = (
        [arrays_of_layer(arrays, number) for number in numbers] if "layers" in fitted else [arrays]
    )
    given = settings.get("activation", "auto")
    if given == "auto":
        # Older files do not contain the choices. Stacks have none: their units are sigmoid.
        given = fitted.get("chosen_", {}).get("activation", "sigmoid")
    activations = activations_of(given, chosen)
    layers = [
        Layer(of_layer, {"activation": activation, "output": of_one["output_"]})
        for of_layer, activation, of_one in zip(own, activations, chosen, strict=True)
    ]
    return AutoEncoder(layers, chosen[0]["cost_"], lowest=_lowest(own[0]), **more)


def _plain_layers(arrays: Mapping[str, Array]) -> list[tuple[Array, Array]]:
    """Return W and bias of each layer; those of normalised layers include it."""
    layers = []
    for k in range(1, 1 + sum(name.startswith("W_") for name in arrays)):
        W, bias = arrays[f"W_{k}"], arrays[f"bias_{k}"]
        if f"spread_{k}" in arrays:
            factor = arrays[f"gain_{k}"] / arrays[f"spread_{k}"]
            W, bias = W * factor, bias - arrays[f"center_{k}"] * factor
        layers.append((W, bias))
    return layers


def _lowest(arrays: Mapping[str, Array]) -> Any:
    """Return the lowest value of each column that counts as 0 up to rounding."""
    if "data_min" not in arrays:
        return -ROUNDING
    width = arrays["data_max"] - arrays["data_min"]
    return -ROUNDING * np.where(width > 0, width, np.fmax.reduce(width))


def _scaling(stated: Mapping[str, Any] | None) -> ColumnScaling | None:
    """Return the scaling that is applied to columns first, if there is one."""
    if stated is None:
        return None
    offset, factor = (np.array(stated[name], np.float64) for name in ("offset", "factor"))
    return ColumnScaling(stated["kind"], offset, factor)


def _activation(name: Any) -> Callable[[Array], Array]:
    if isinstance(name, dict):
        raise _FunctionError(
            f"the model has the function {name['function']} as an activation, which a file "
            "cannot contain; use autoenc itself."
        )
    return ACTIVATIONS[name]


def _encoded(
    X: Any, encoding: Encoding | None, names: Sequence[str] | None, unknown_as: float = np.nan
) -> Any:
    """Return a frame or mapping as numbers if columns are encoded; return others unchanged."""
    if encoding is None:
        _check_names(X, names)
    if encoding is None or isinstance(X, np.ndarray):
        return X
    numbers, unknown = encoding.encode(X, unknown_as)
    if unknown and np.isnan(unknown_as):
        warnings.warn(f"values that count as missing: {unknown}", stacklevel=4)
    return numbers


def _check_names(X: Any, names: Sequence[str] | None) -> None:
    """Refuse a frame whose columns differ from the model's in name or order."""
    if names is None or not hasattr(X, "columns"):
        return
    found = [str(name) for name in X.columns]
    if found != list(names):
        raise ValueError(
            f"the columns are {found}; expected {list(names)}, in this order, as in training."
        )


def _scaled(
    X: Any, n_columns: int, dtype: np.dtype[Any], scaling: ColumnScaling | None, *, allow_nan: bool
) -> Array:
    """Return rows with the dtype of a model. If columns are scaled, compute that in float64."""
    if scaling is None:
        return _matrix(X, n_columns, dtype, allow_nan=allow_nan)
    rows = _matrix(X, n_columns, np.dtype(np.float64), allow_nan=allow_nan)
    return scaling.forward(rows).astype(dtype)


def _matrix(X: Any, n_columns: int, dtype: np.dtype[Any], *, allow_nan: bool = False) -> Array:
    rows = np.asarray(X, dtype=dtype)
    if rows.ndim != 2 or rows.shape[1] != n_columns:
        raise ValueError(f"rows have shape {rows.shape}; expected (rows, {n_columns}).")
    if np.isinf(rows).any() or (np.isnan(rows).any() and not allow_nan):
        raise ValueError("rows have NaN or infinity; expected finite numbers.")
    return rows


def _check_unit_interval(rows: Array, lowest: Any, *, have_cost: bool) -> None:
    """Warn of values outside [0, 1]; refuse them if rows have a cost, or if they are far off."""
    if not np.any((rows < lowest) | (rows > 1 + ROUNDING)):
        return
    text = (
        f"rows have values from {np.nanmin(rows)} to {np.nanmax(rows)}; the model was fitted on "
        "[0, 1]. Scale the rows in the same way as the training data."
    )
    if have_cost or np.any((rows <= -FAR) | (rows >= 1 + FAR)):
        raise ValueError(text)
    warnings.warn(text, stacklevel=4)


def _in_parts(function: Callable[[Array], Array], rows: Array) -> Array:
    starts = range(0, max(len(rows), 1), ROWS_AT_A_TIME)
    return np.concatenate([function(rows[i : i + ROWS_AT_A_TIME]) for i in starts])
