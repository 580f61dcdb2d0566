"""Models as ONNX graphs, which run in many places without autoenc.

Graphs use only operators that runtimes support for float32 and float64. As in `autoenc.graph`,
activations and cross-entropy are computed from the pre-activation, so that they stay finite.

>>> from autoenc import AutoEncoder, load_mnist
>>> images = load_mnist(sample=True).test.images
>>> model = AutoEncoder(16, n_epochs=1, random_state=0, verbose=False).fit(images)
>>> graph = to_onnx(model, part="transform").graph
>>> [node.op_type for node in graph.node]
['MatMul', 'Add', 'Sigmoid', 'Identity']
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier

from autoenc.analysis.access import Array
from autoenc.files import atomic_write
from autoenc.graph.activations import ACTIVATIONS
from autoenc.models.coders import FittedCoder
from autoenc.models.fitted import FittedModel, fitted_model
from autoenc.models.fitted_classifiers import FittedClassifier
from autoenc.rows.scaling import ColumnScaling

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

# Functions that can be exported, and names of their outputs; the first is the default.
PARTS = {"reconstruct": "reconstruction", "transform": "codes", "score_samples": "errors"}
CLASSIFIER_PARTS = {"predict_proba": "probabilities", "predict": "labels"}
# Versions that every runtime has supported since 2022.
OPSET, IR_VERSION = 17, 8
# Maximum size of a protocol buffer.
LARGEST = 2**31 - 1


def to_onnx(
    model: Any, path: str | os.PathLike[str] | None = None, *, part: str | None = None
) -> ModelProto:
    """Export a function of a fitted model as an ONNX graph.

    The graph has the input ``x``, with any number of rows, and one output: ``reconstruction``,
    ``codes`` or ``errors``, or for a classifier ``probabilities`` or ``labels``. Numbers have the
    dtype of the model's weights, and labels that of `classes_`. If columns are scaled by numbers
    that float32 cannot represent, rows and reconstructions are float64.

    The graph does not check its input. Columns must be in the order of the fit, which the metadata
    entry ``feature_names`` contains as a JSON list. With cross-entropy, values must be in [0, 1].
    For a model that was fitted on categories, x has a 0/1 entry for each value, in the order of
    ``feature_names`` and as described by the metadata entry ``encoding``, which is JSON, too.
    Reconstructions are the probabilities of these entries.

    Parameters
    ----------
    model : fitted autoencoder, stack or classifier
        Model whose activations are given by name.
    path : path, optional
        File to write, completely or not at all.
    part : {"reconstruct", "transform", "score_samples", "predict_proba", "predict"}, optional
        Function to export; by default ``"reconstruct"``, or ``"predict_proba"`` for a classifier.

    Returns
    -------
    onnx.ModelProto
        The ONNX model, which ``onnx.save`` can write.

    Raises
    ------
    ImportError
        If onnx is not installed.
    ValueError
        If there is no such function, if an activation is a function without a name, or if the
        weights exceed 2 GiB, the maximum size of an ONNX file.
    TypeError
        If the model is not a fitted autoencoder, stack or classifier. Outlier detectors are not
        supported.

    References
    ----------
    Open Neural Network Exchange, operators of opset 17:
    https://onnx.ai/onnx/operators/

    Examples
    --------
    >>> from autoenc import AutoEncoder
    >>> X = np.eye(4)
    >>> model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    >>> [output.name for output in to_onnx(model, part="score_samples").graph.output]
    ['errors']
    """
    if is_classifier(model) and not hasattr(model, "model_"):
        raise TypeError(f"the {type(model).__name__} has no weights_; fit it first.")
    fitted = fitted_model(model)
    if not isinstance(fitted, FittedCoder | FittedClassifier):
        raise TypeError(
            f"the model is of class {fitted.kind}; expected an autoencoder, a stack or a "
            "classifier. The NumPy reader of autoenc.export scores detectors without autoenc."
        )
    outputs = PARTS if isinstance(fitted, FittedCoder) else CLASSIFIER_PARTS
    part = next(iter(outputs)) if part is None else part
    if part not in outputs:
        raise ValueError(f"part is {part!r}; expected one of {', '.join(outputs)}.")
    build: Any = _autoencoder if isinstance(fitted, FittedCoder) else _classifier
    exported: ModelProto = build(fitted, part).finished(
        fitted.columns.n_features_in_, outputs[part]
    )
    if fitted.columns.names is not None:
        names = json.dumps(list(map(str, fitted.columns.names)))
        exported.metadata_props.add(key="feature_names", value=names)
    if fitted.columns.encoding is not None:
        encoding = json.dumps(fitted.columns.encoding.described())
        exported.metadata_props.add(key="encoding", value=encoding)
    if path is not None:
        with atomic_write(path) as temporary:
            temporary.write_bytes(exported.SerializeToString())
    return exported


class GraphBuilder:
    """Nodes and constants, added in the order of the computation.

    Parameters
    ----------
    dtype : numpy dtype
        Dtype of all constants.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.result, self.columns, self.result_dtype = "x", [0], dtype
        self.scaling: ColumnScaling | None = None
        self.x_dtype, self.rows = dtype, "x"

    def apply(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        node = _onnx().helper.make_node(operator, list(inputs), [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def constant(self, value: Any, name: str, dtype: Any = None) -> str:
        """Add an array in the model's dtype, or in another one; return its name."""
        name = f"{name}_{len(self.constants)}"
        array = np.asarray(value, dtype=dtype or self.dtype, order="C")
        self.constants.append(_onnx().numpy_helper.from_array(array, name))
        return name

    def dense(self, x: str, weights: Array, bias: Array, name: str) -> str:
        """Add x·weights + bias."""
        product = self.apply("MatMul", x, self.constant(weights, f"{name}_weights"))
        return self.apply("Add", product, self.constant(bias, f"{name}_bias"))

    def softplus(self, a: str) -> str:
        """Add max(a, 0) + log(1 + exp(−|a|)); the operator Softplus only supports float32."""
        small = self.apply("Exp", self.apply("Neg", self.apply("Abs", a)))
        log = self.apply("Log", self.apply("Add", self.constant(1, "one"), small))
        return self.apply("Add", self.apply("Relu", a), log)

    def sum_over_columns(self, terms: str) -> str:
        """Add the sum of each row."""
        axes = self.constant([1], "axes", np.int64)
        return self.apply("ReduceSum", terms, axes, keepdims=0)

    def part(self, x: str, entries: slice) -> str:
        """Select some columns."""
        ends = (entries.start, entries.stop, 1)
        return self.apply("Slice", x, *(self.constant([end], "end", np.int64) for end in ends))

    def scaled(self, scaling: ColumnScaling | None) -> None:
        """Scale columns, which is the first step of the model."""
        if scaling is None:
            return
        self.scaling = scaling
        if scaling.needs_float64(str(self.dtype)):
            self.x_dtype = np.dtype(np.float64)
        x = self.apply("Sub", "x", self.constant(scaling.offset, "offset", self.x_dtype))
        x = self.apply("Mul", x, self.constant(scaling.factor, "factor", self.x_dtype))
        if scaling.kind == "minmax":
            ends = (self.constant(end, "end", self.x_dtype) for end in (0, 1))
            x = self.apply("Clip", x, *ends)
        self.rows = self.cast(x, self.dtype)

    def unscaled(self, z: str) -> str:
        """Return a reconstruction in the units of the data."""
        if self.scaling is None:
            return z
        z = self.cast(z, self.x_dtype)
        z = self.apply("Div", z, self.constant(self.scaling.factor, "factor", self.x_dtype))
        return self.apply("Add", z, self.constant(self.scaling.offset, "offset", self.x_dtype))

    def cast(self, x: str, dtype: np.dtype[Any]) -> str:
        """Return x in another dtype, if the graph has two."""
        if self.x_dtype == self.dtype:
            return x
        return self.apply("Cast", x, to=_onnx().helper.np_dtype_to_tensor_dtype(dtype))

    def standardised(self, model: FittedModel) -> str:
        """Return (x − mean) / scale if the model standardises, with 0 for missing entries."""
        x = self.rows
        if "mean" in model.arrays:
            centred = self.apply("Sub", x, self.constant(model.arrays["mean"], "mean"))
            x = self.apply("Div", centred, self.constant(model.arrays["scale"], "scale"))
        if model.masked:
            x = self.apply("Where", self.apply("IsNaN", "x"), self.constant(0, "zero"), x)
        return x

    def returns(self, result: str, *columns: int, dtype: Any = None) -> GraphBuilder:
        """Set the name of the result, its number of columns, and optionally another dtype."""
        self.result, self.columns = result, list(columns)
        self.result_dtype = dtype or self.dtype
        return self

    def finished(self, n_columns: int, name: str) -> ModelProto:
        """Make the ONNX model from the added nodes, for rows with a number of columns."""
        onnx = _onnx()
        helper = onnx.helper
        # An output needs a node of its own, but "linear" may not have added one.
        self.nodes.append(helper.make_node("Identity", [self.result], [name]))
        given, result = map(helper.np_dtype_to_tensor_dtype, (self.x_dtype, self.result_dtype))
        exported: ModelProto = helper.make_model(
            helper.make_graph(
                self.nodes,
                "autoenc",
                [helper.make_tensor_value_info("x", given, ["rows", n_columns])],
                [helper.make_tensor_value_info(name, result, ["rows", *self.columns])],
                self.constants,
            ),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="autoenc",
        )
        onnx.checker.check_model(exported, full_check=True)
        return exported


ONNX_ACTIVATIONS: dict[str, Callable[[GraphBuilder, str], str]] = {
    "linear": lambda _, a: a,
    "relu": lambda graph, a: graph.apply("Relu", a),
    "sigmoid": lambda graph, a: graph.apply("Sigmoid", a),
    "softplus": GraphBuilder.softplus,
    "tanh": lambda graph, a: graph.apply("Tanh", a),
}


def _autoencoder(model: FittedCoder, part: str) -> GraphBuilder:
    layers = model.coders
    for layer in layers:
        _check_activation("activation", layer.choices["activation"])
        if layer.choices["output"] != "clipped":
            _check_activation("output", layer.choices["output"])
    # Tied weights are stored twice, once transposed, because Transpose is slow in some runtimes.
    _check_size(2 * sum(layer.arrays["W"].nbytes for layer in layers))
    graph = GraphBuilder(layers[0].arrays["W"].dtype)
    graph.scaled(model.scaling)
    x = codes = graph.standardised(layers[0])
    for number, layer in enumerate(layers, start=1):
        a = graph.dense(codes, layer.arrays["W"], layer.arrays["hidden_bias"], f"encoder_{number}")
        codes = ONNX_ACTIVATIONS[layer.choices["activation"]](graph, a)
    if part == "transform":
        return graph.returns(codes, layers[-1].arrays["W"].shape[1])
    a = _pre_output(graph, layers, codes)
    if part == "reconstruct":
        z = graph.unscaled(_reconstruction(graph, layers[0], a))
        return graph.returns(z, layers[0].arrays["W"].shape[0], dtype=graph.x_dtype)
    return graph.returns(_errors(graph, model, x, a))


def _classifier(model: FittedClassifier, part: str) -> GraphBuilder:
    activation = model.choices["activation"] or "linear"
    _check_activation("activation", activation)
    _check_size(sum(W.nbytes for W in model.weights))
    graph = GraphBuilder(model.weights[0].dtype)
    graph.scaled(model.scaling)
    x = graph.standardised(model)
    *hidden, softmax = zip(model.weights, model.biases, strict=True)
    for number, (W, bias) in enumerate(hidden, start=1):
        x = ONNX_ACTIVATIONS[activation](graph, graph.dense(x, W, bias, f"hidden_{number}"))
    a = graph.dense(x, *softmax, "softmax")
    if part == "predict_proba":
        return graph.returns(graph.apply("Softmax", a, axis=1), len(model.classes))
    best = graph.apply("ArgMax", a, axis=1, keepdims=0)
    if model.classes.dtype.kind in "mM":
        raise ValueError(
            f"the classes are {model.classes.dtype}, which ONNX does not have; export "
            "part='predict_proba', whose columns are in the order of classes_."
        )
    # ONNX has text of any length, which is NumPy's object.
    is_text = model.classes.dtype.kind == "U"
    dtype = np.dtype(object) if is_text else model.classes.dtype
    classes = graph.constant(model.classes, "classes", dtype)
    return graph.returns(graph.apply("Gather", classes, best), dtype=dtype)


def _pre_output(graph: GraphBuilder, layers: Sequence[FittedCoder], codes: str) -> str:
    """Return the pre-activation of the reconstruction, computed down through all layers."""
    for number in range(len(layers), 1, -1):
        layer = layers[number - 1]
        a = graph.dense(codes, layer.decoder, layer.arrays["visible_bias"], f"decoder_{number}")
        codes = _output(graph, layer, a)
    return graph.dense(codes, layers[0].decoder, layers[0].arrays["visible_bias"], "decoder_1")


def _output(graph: GraphBuilder, layer: FittedCoder, a: str) -> str:
    """Apply the output function of a layer to its pre-activation."""
    name = layer.choices["output"]
    if name != "clipped":
        return ONNX_ACTIVATIONS[name](graph, a)
    arrays = layer.arrays
    mean, scale = arrays.get("mean", 0), arrays.get("scale", 1)
    return _clipped(graph, a, *((arrays[limit] - mean) / scale for limit in ("lower", "upper")))


def _clipped(graph: GraphBuilder, values: str, lower: Array, upper: Array) -> str:
    raised = graph.apply("Max", values, graph.constant(lower, "lower"))
    return graph.apply("Min", raised, graph.constant(upper, "upper"))


def _reconstruction(graph: GraphBuilder, bottom: FittedCoder, a: str) -> str:
    """Return the reconstruction in the units of the data."""
    if bottom.columns.encoding is not None:
        return graph.apply("Concat", *_outputs_of_kinds(graph, bottom, a), axis=1)
    z = _output(graph, bottom, a)
    if "mean" not in bottom.arrays:
        return z
    scaled = graph.apply("Mul", z, graph.constant(bottom.arrays["scale"], "scale"))
    values = graph.apply("Add", scaled, graph.constant(bottom.arrays["mean"], "mean"))
    if bottom.choices["output"] != "clipped":
        return values
    # Values that were clipped in standard units are beyond the limits by their rounding.
    return _clipped(graph, values, bottom.arrays["lower"], bottom.arrays["upper"])


def _errors(graph: GraphBuilder, model: FittedCoder, x: str, a: str) -> str:
    """Return the error of each row. With cross-entropy, the output is always the sigmoid."""
    bottom = model.coders[0]
    if bottom.columns.encoding is not None:
        return _errors_of_kinds(graph, bottom, x, a)
    if squared := model.cost == "squared_error":
        difference = graph.apply("Sub", x, _output(graph, bottom, a))
        terms = graph.apply("Mul", difference, difference)
    else:
        terms = _deviance(graph, x, a)
    if not bottom.masked:
        total = graph.sum_over_columns(terms)
        return graph.apply("Div", total, _n_columns(graph, bottom)) if squared else total
    zero, one = graph.constant(0, "zero"), graph.constant(1, "one")
    observed = graph.apply("Where", graph.apply("IsNaN", "x"), zero, one)
    total = graph.sum_over_columns(graph.apply("Mul", terms, observed))
    # This is 0 / 0, NaN, for rows without observed values.
    mean = graph.apply("Div", total, graph.sum_over_columns(observed))
    return mean if squared else graph.apply("Mul", mean, _n_columns(graph, bottom))


def _n_columns(graph: GraphBuilder, bottom: FittedCoder) -> str:
    return graph.constant(bottom.arrays["W"].shape[0], "columns")


def _outputs_of_kinds(graph: GraphBuilder, model: FittedCoder, a: str) -> Iterator[str]:
    """Yield the probabilities of each category, and numbers in the units of the data."""
    encoding, mean, scale = model.columns.encoding, model.arrays["mean"], model.arrays["scale"]
    assert encoding is not None
    for size, entries in zip(encoding.sizes, encoding.slices, strict=True):
        own = graph.part(a, entries)
        if size:
            yield graph.apply("Softmax", own, axis=1)
            continue
        scaled = graph.apply("Mul", own, graph.constant(scale[entries], "scale"))
        yield graph.apply("Add", scaled, graph.constant(mean[entries], "mean"))


def _errors_of_kinds(graph: GraphBuilder, model: FittedCoder, x: str, a: str) -> str:
    """Return the mean over columns of the cross-entropy of categories and squared errors."""
    encoding = model.columns.encoding
    assert encoding is not None
    zero, one = graph.constant(0, "zero"), graph.constant(1, "one")
    is_missing = graph.apply("IsNaN", "x")
    given = graph.apply("Where", is_missing, zero, graph.rows)
    observed = graph.apply("Where", is_missing, zero, one)
    terms, seen = [], []
    weights = encoding.weights(model.arrays["mean"])
    for size, entries, weight in zip(encoding.sizes, encoding.slices, weights, strict=True):
        own = graph.part(a, entries)
        if size:
            log = graph.apply("LogSoftmax", own, axis=1)
            term = graph.apply("Mul", graph.part(given, entries), log)
            term = graph.apply("Mul", graph.sum_over_columns(term), graph.constant(-weight, "w"))
        else:
            difference = graph.apply("Sub", graph.part(x, entries), own)
            term = graph.sum_over_columns(graph.apply("Mul", difference, difference))
        first = graph.part(observed, slice(entries.start, entries.start + 1))
        seen.append(graph.sum_over_columns(first))
        terms.append(graph.apply("Mul", term, seen[-1]))
    # This is 0 / 0, NaN, for rows without observed values.
    return graph.apply("Div", graph.apply("Sum", *terms), graph.apply("Sum", *seen))


def _deviance(graph: GraphBuilder, x: str, a: str) -> str:
    """Return the cross-entropy of x and sigmoid(a), minus the entropy of x; at least 0."""
    zero, half, one = (graph.constant(v, "number") for v in (0, 0.5, 1))
    costs = graph.apply("Sub", graph.softplus(a), graph.apply("Mul", x, a))
    inside = graph.apply("And", graph.apply("Greater", x, zero), graph.apply("Less", x, one))
    p = graph.apply("Where", inside, x, half)
    q = graph.apply("Sub", one, p)
    logs = (graph.apply("Mul", part, graph.apply("Log", part)) for part in (p, q))
    minus_entropy = graph.apply("Where", inside, graph.apply("Add", *logs), zero)
    return graph.apply("Relu", graph.apply("Add", costs, minus_entropy))


def _check_activation(name: str, value: Any) -> None:
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise ValueError(
            f"{name} is {value!r}, which ONNX cannot represent; only models whose activations are "
            f"given by name ({', '.join(sorted(ACTIVATIONS))}) can be exported."
        )


def _check_size(n_bytes: int) -> None:
    if n_bytes > LARGEST:
        raise ValueError(
            f"the weights are {n_bytes:,} bytes in the graph; expected at most {LARGEST:,}, "
            "the maximum size of an ONNX file. Use the model's own file and "
            "autoenc.export.copy_numpy_reader."
        )


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            'onnx is not installed, but the export to ONNX needs it: pip install "autoenc[onnx]".'
        ) from error
    return onnx
