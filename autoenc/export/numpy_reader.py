"""Use models of autoenc with nothing but NumPy. Copy this file wherever you need it.

    import numpy_reader

    model = numpy_reader.load("model.safetensors")
    codes = model.transform(rows)
    errors = model.score_samples(rows)

It reads autoencoders, stacks of them and classifiers. Results are those of autoenc up to
rounding; for files of `autoenc train`, those of the commands: where it brought columns to [0, 1],
rows and reconstructions are in the units of the data. Nothing in a model file is ever executed.
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
from itertools import pairwise
from pathlib import Path
from typing import Any

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
# Of models under cross-entropy, as autoenc has it: so far beyond the ends of [0, 1] is rounding,
# and so many widths from it a mistake, such as bytes.
ROUNDING = 1e-6
FAR = 100


class ModelFileError(ValueError):
    """A file is not a model file of autoenc, is damaged, or needs autoenc itself."""


def load(path: str | os.PathLike[str]) -> AutoEncoder | Classifier:
    """Read a model file.

    Parameters
    ----------
    path : path
        What `save` of an estimator of autoenc wrote.

    Returns
    -------
    AutoEncoder or Classifier

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
        return _model(arrays, description)
    except (_DamagedError, KeyError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a model file, or is damaged: {error}") from error


class Layer:
    """An autoencoder of one layer.

    Parameters
    ----------
    arrays : mapping from name to array
        W, hidden_bias, visible_bias and, where weights are not tied, W_prime.
    settings : mapping
        With `tied`, and the names of `activation` and `output`.
    """

    def __init__(self, arrays: Mapping[str, Array], settings: Mapping[str, Any]) -> None:
        self.W, self.hidden_bias = arrays["W"], arrays["hidden_bias"]
        self.visible_bias = arrays["visible_bias"]
        self.decoder = self.W.T if settings.get("tied", True) else arrays["W_prime"]
        self.activation = _activation(settings.get("activation", "sigmoid"))
        self.output = _activation(settings.get("output", "sigmoid"))
        _check_weights("W", self.W, (None, None))
        n_visible, n_hidden = self.W.shape
        _check_weights("hidden_bias", self.hidden_bias, (n_hidden,))
        _check_weights("visible_bias", self.visible_bias, (n_visible,))
        _check_weights("the decoder", self.decoder, (n_hidden, n_visible))
        self.mean = arrays.get("mean", np.zeros(n_visible, self.W.dtype))
        self.scale = arrays.get("scale", np.ones(n_visible, self.W.dtype))
        _check_weights("mean", self.mean, (n_visible,))
        _check_weights("scale", self.scale, (n_visible,))

    def encode(self, x: Array) -> Array:
        """activation(s·W + hidden_bias), with s = (x − mean) / scale."""
        return self.activation(self.standardised(x) @ self.W + self.hidden_bias)

    def decode(self, code: Array) -> Array:
        """Apply the output function to `pre_output`, and go back to the units of the data."""
        return self.output(self.pre_output(code)) * self.scale + self.mean

    def standardised(self, x: Array) -> Array:
        """(x − mean) / scale, 0 where x is NaN; 0 and 1 if columns are not standardised."""
        values: Array = np.where(np.isnan(x), x.dtype.type(0), (x - self.mean) / self.scale)
        return values

    def pre_output(self, code: Array) -> Array:
        """code·Wᵀ + visible_bias, or with W_prime."""
        a: Array = code @ self.decoder + self.visible_bias
        return a


class MinMax:
    """Columns brought to [0, 1] before the model sees them, and back behind it.

    Parameters
    ----------
    offset, factor : float64 array, (columns,)
    """

    def __init__(self, offset: Array, factor: Array) -> None:
        self.offset, self.factor = offset, factor

    def forward(self, values: Array) -> Array:
        """(value − offset) · factor; what is beyond [0, 1] becomes the nearer end."""
        scaled: Array = np.clip((values - self.offset) * self.factor, 0, 1)
        return scaled

    def backward(self, scaled: Array) -> Array:
        """Give values in the units of the data, as float64."""
        values: Array = scaled / self.factor + self.offset
        return values


class AutoEncoder:
    """An autoencoder, or several on top of each other.

    Parameters
    ----------
    layers : sequence of Layer
        From the input upwards.
    cost : {"cross_entropy", "squared_error"}
    scaling : MinMax, optional
        What is done to rows before, and undone behind.
    masked : bool
        Whether NaN stands for what is missing, which is then in no error.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        cost: str,
        scaling: MinMax | None = None,
        *,
        masked: bool = False,
    ) -> None:
        if cost not in ("cross_entropy", "squared_error"):
            raise _DamagedError(f"the cost is {cost!r}")
        for below, above in pairwise(layers):
            _check_weights("W of a layer above another", above.W, (below.W.shape[1], None))
        self.layers = list(layers)
        self.cost, self.scaling, self.masked = cost, scaling, masked
        self.n_features_in_ = layers[0].W.shape[0]
        for name in ("offset", "factor"):
            if scaling is not None:
                _check_weights(name, getattr(scaling, name), (self.n_features_in_,))

    def transform(self, X: Any) -> Array:
        """Codes of the rows, (rows, units of the highest layer).

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
        """Reconstructions from codes, (rows, n_features_in_)."""
        return _in_parts(self._decode, _matrix(codes, self.layers[-1].W.shape[1], self._dtype))

    def reconstruct(self, X: Any) -> Array:
        """Reconstructions of the rows, (rows, n_features_in_); warns and raises as `transform`."""
        return _in_parts(lambda x: self._decode(self._encode(x)), self._rows(X))

    def score_samples(self, X: Any) -> Array:
        """Error of each row, (rows,): the larger, the less it is like those fitted on.

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
        dtype = self._dtype if self.scaling is None else np.dtype(np.float64)
        rows = _matrix(X, self.n_features_in_, dtype, allow_nan=self.masked)
        if self.scaling is not None:
            rows = self.scaling.forward(rows).astype(self._dtype)
        if self.cost == "cross_entropy":
            _check_unit_interval(rows, have_cost=have_cost)
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
        """Cost of what is observed: its mean, or its sum times columns / observed columns."""
        code, bottom = self._encode(x), self.layers[0]
        for layer in reversed(self.layers[1:]):
            code = layer.decode(code)
        a, target, observed = bottom.pre_output(code), bottom.standardised(x), ~np.isnan(x)
        squared = self.cost == "squared_error"
        terms = np.square(target - bottom.output(a)) if squared else softplus(a) - target * a
        counts = np.maximum(observed.sum(axis=1), 1).astype(x.dtype)
        weights = (1 if squared else self.n_features_in_) / counts
        errors: Array = (terms * observed).sum(axis=1) * weights
        return errors


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
    """

    def __init__(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        activation: Any,
        classes: Sequence[Any],
        scaling: tuple[Array | None, Array | None] = (None, None),
    ) -> None:
        n_out: int | None = None
        for W, bias in zip(weights, biases, strict=True):
            _check_weights("W", W, (n_out, None))
            n_out = W.shape[1]
            _check_weights("bias", bias, (n_out,))
        if len(classes) != n_out:
            raise _DamagedError(f"there are {len(classes)} classes and {n_out} outputs")
        self.weights, self.biases = list(weights), list(biases)
        self.activation = _activation(activation)
        self.classes_ = np.array(classes)
        self.n_features_in_ = weights[0].shape[0]
        for name, array in zip(("mean", "scale"), scaling, strict=True):
            if array is not None:
                _check_weights(name, array, (self.n_features_in_,))
        self.mean = np.zeros_like(biases[0], shape=()) if scaling[0] is None else scaling[0]
        self.scale = np.ones_like(biases[0], shape=()) if scaling[1] is None else scaling[1]

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class, (rows, classes)."""
        rows = _matrix(X, self.n_features_in_, self.weights[0].dtype)
        return _in_parts(self._probabilities, rows)

    def predict(self, X: Any) -> Array:
        """Most probable class of each row, (rows,)."""
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


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(−a)), without overflow."""
    small = np.exp(-np.abs(a))
    value: Array = np.where(a >= 0, 1, small) / (1 + small)
    return value


def softplus(a: Array) -> Array:
    """log(1 + exp(a)), without overflow."""
    value: Array = np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))
    return value


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda a: a,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": sigmoid,
    "softplus": softplus,
    "tanh": np.tanh,
}


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
    """Give the description, in JSON, without the checksum that may stand before it."""
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
) -> AutoEncoder | Classifier:
    settings = description["settings"]
    if not isinstance(settings, dict):
        raise _DamagedError("its settings are not a mapping")
    fitted = description.get("fitted", {})
    if not isinstance(fitted, dict):
        raise _DamagedError("its fitted attributes are not a mapping")
    scaling = _scaling(description.get("table") or {})
    if "W" in arrays:
        chosen = _chosen(settings, fitted)
        masked = settings.get("missing") == "mask"
        return AutoEncoder([Layer(arrays, chosen)], chosen["cost"], scaling, masked=masked)
    if "layer_1.W" in arrays:
        groups = _by_number(arrays, "layer_{}.")
        of_layers = fitted.get("layers", [{}] * len(groups))
        if not isinstance(of_layers, list) or len(of_layers) != len(groups):
            raise _DamagedError(f"it does not describe {len(groups)} layers")
        choices = [_chosen(settings, own) for own in of_layers]
        layers = [Layer(own, chosen) for own, chosen in zip(groups, choices, strict=True)]
        return AutoEncoder(layers, choices[0]["cost"], scaling)
    if "W_1" in arrays:
        numbers = range(1, 1 + sum(name.startswith("W_") for name in arrays))
        weights, biases = ([arrays[f"{name}_{k}"] for k in numbers] for name in ("W", "bias"))
        activation = fitted.get("activation_", settings.get("activation", "linear"))
        moments = (arrays.get("mean"), arrays.get("scale"))
        return Classifier(weights, biases, activation, _classes(description), moments)
    raise _DamagedError(f"it holds {sorted(arrays)}, which is no model known here")


def _scaling(table: Any) -> MinMax | None:
    """Give what `autoenc train` did to the columns, if it did anything."""
    if not isinstance(table, dict):
        raise _DamagedError("its description of the table is not a mapping")
    stated = table.get("scaling")
    if stated is None:
        return None
    if not isinstance(stated, dict) or stated.get("kind") != "minmax":
        raise _DamagedError(f"the scaling {str(stated)[:60]} is not known")
    try:
        offset, factor = (np.array(stated[name], np.float64) for name in ("offset", "factor"))
    except (TypeError, ValueError, OverflowError) as error:
        raise _DamagedError("its scaling has something else than numbers") from error
    finite = np.isfinite(offset).all() and np.isfinite(factor).all()
    if not finite or not (factor > 0).all():
        raise _DamagedError("its scaling has numbers that cannot be")
    return MinMax(offset, factor)


def _chosen(settings: Mapping[str, Any], fitted: Any) -> dict[str, Any]:
    """Give settings of a layer, with the cost and the output that fitting has chosen."""
    if not isinstance(fitted, dict):
        raise _DamagedError("its description of a layer is not a mapping")
    return {
        **settings,
        "cost": fitted.get("cost_", settings.get("cost", "cross_entropy")),
        "output": fitted.get("output_", settings.get("output", "sigmoid")),
    }


def _by_number(arrays: Mapping[str, Array], prefix: str) -> list[dict[str, Array]]:
    """Arrays of each layer, by their names within it."""
    found: list[dict[str, Array]] = []
    while f"{(start := prefix.format(len(found) + 1))}W" in arrays:
        own = {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}
        found.append(own)
    return found


def _classes(description: Mapping[str, Any]) -> list[Any]:
    classes = description["fitted"]["labels_"]
    if not isinstance(classes, list):
        raise _DamagedError("its classes are not a list")
    return classes


def _activation(name: Any) -> Callable[[Array], Array]:
    if isinstance(name, dict) and "function" in name:
        raise ModelFileError(
            f"the model has the function {name['function']} for an activation, which a file "
            "cannot hold; use autoenc itself."
        )
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise _DamagedError(f"the activation {name!r} is not known")
    return ACTIVATIONS[name]


def _check_weights(name: str, array: Array, expected: tuple[int | None, ...]) -> None:
    if array.dtype not in (np.float32, np.float64):
        raise _DamagedError(f"{name} is of {array.dtype}, but float32 or float64 is expected")
    fits = array.ndim == len(expected) and all(
        size in (None, n) for n, size in zip(array.shape, expected, strict=True)
    )
    if not fits:
        raise _DamagedError(f"{name} has shape {array.shape}, but {expected} is expected")


def _matrix(X: Any, n_columns: int, dtype: np.dtype[Any], *, allow_nan: bool = False) -> Array:
    rows = np.asarray(X, dtype=dtype)
    if rows.ndim != 2 or rows.shape[1] != n_columns:
        raise ValueError(f"rows have shape {rows.shape}; expected (rows, {n_columns}).")
    if np.isinf(rows).any() or (np.isnan(rows).any() and not allow_nan):
        raise ValueError("rows have NaN or infinity; expected finite numbers.")
    return rows


def _check_unit_interval(rows: Array, *, have_cost: bool) -> None:
    """Warn of values outside [0, 1]; refuse them where rows have a cost, or far from it."""
    if not np.any((rows < -ROUNDING) | (rows > 1 + ROUNDING)):
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
