"""Models as ONNX graphs, which run in many places without autoenc.

Every piece is built of operators that runtimes have for float32 and float64. Activations and
cross-entropy are written as in `autoenc.graph`: from the pre-activation, so that they stay finite.

>>> from autoenc import AutoEncoder, load_mnist
>>> images = load_mnist(sample=True).test.images
>>> model = AutoEncoder(16, n_epochs=1, random_state=0, verbose=False).fit(images)
>>> graph = to_onnx(model, part="transform").graph
>>> [node.op_type for node in graph.node]
['MatMul', 'Add', 'Sigmoid', 'Identity']
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autoenc.analysis.fitted import Array, cost_of, decoder_of, layers_of
from autoenc.files import atomic_write
from autoenc.graph.activations import ACTIVATIONS

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

# What can be exported, and the name of its output.
PARTS = {"reconstruct": "reconstruction", "transform": "codes", "score_samples": "errors"}
# Known to every runtime since 2022.
OPSET, IR_VERSION = 17, 8
# What a protocol buffer can hold.
LARGEST = 2**31 - 1


def to_onnx(
    model: Any, path: str | os.PathLike[str] | None = None, *, part: str = "reconstruct"
) -> ModelProto:
    """Export one of the functions of a fitted model as an ONNX graph.

    The graph has the input ``x``, of any number of rows, and one output: ``reconstruction``,
    ``codes`` or ``errors``. Numbers are of the type of the model's weights. Data is not
    checked there: columns must be in the order of the fit and, under cross-entropy, in [0, 1].

    Parameters
    ----------
    model : fitted autoencoder or stack
        Its activations given by name.
    path : path, optional
        Where to write it, whole or not at all.
    part : {"reconstruct", "transform", "score_samples"}
        Which function.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ImportError
        If onnx is not installed.
    ValueError
        If there is no such part, an activation is a function without a name, or the weights are
        more than ONNX can hold in a file, 2 GiB.
    TypeError
        If the model is not a fitted autoencoder or stack.

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
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; expected one of {', '.join(PARTS)}.")
    layers = layers_of(model)
    _check_activations(layers)
    _check_size(layers)
    exported = _model_proto(_build(model, part), part, layers)
    if path is not None:
        with atomic_write(path) as temporary:
            temporary.write_bytes(exported.SerializeToString())
    return exported


class GraphBuilder:
    """Nodes and constants, added in the order of the computation.

    Parameters
    ----------
    dtype : numpy dtype
        Of all constants.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def apply(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        node = _onnx().helper.make_node(operator, list(inputs), [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def constant(self, value: Any, name: str, dtype: Any = None) -> str:
        """Add an array of the model's type, or of another; return its name."""
        name = f"{name}_{len(self.constants)}"
        array = np.ascontiguousarray(value, dtype=dtype or self.dtype)
        self.constants.append(_onnx().numpy_helper.from_array(array, name))
        return name

    def dense(self, x: str, weights: Array, bias: Array, name: str) -> str:
        """x·weights + bias."""
        product = self.apply("MatMul", x, self.constant(weights, f"{name}_weights"))
        return self.apply("Add", product, self.constant(bias, f"{name}_bias"))

    def softplus(self, a: str) -> str:
        """max(a, 0) + log(1 + exp(−|a|)); the operator Softplus is for float32 only."""
        small = self.apply("Exp", self.apply("Neg", self.apply("Abs", a)))
        log = self.apply("Log", self.apply("Add", self.constant(1, "one"), small))
        return self.apply("Add", self.apply("Relu", a), log)

    def sum_over_columns(self, terms: str) -> str:
        """Sum of each row."""
        axes = self.constant([1], "axes", np.int64)
        return self.apply("ReduceSum", terms, axes, keepdims=0)


ONNX_ACTIVATIONS: dict[str, Callable[[GraphBuilder, str], str]] = {
    "linear": lambda _, a: a,
    "relu": lambda graph, a: graph.apply("Relu", a),
    "sigmoid": lambda graph, a: graph.apply("Sigmoid", a),
    "softplus": GraphBuilder.softplus,
    "tanh": lambda graph, a: graph.apply("Tanh", a),
}


def _build(model: Any, part: str) -> GraphBuilder:
    layers = layers_of(model)
    graph = GraphBuilder(layers[0].W_.dtype)
    x = codes = _standardised(graph, layers[0])
    for number, layer in enumerate(layers, start=1):
        a = graph.dense(codes, layer.W_, layer.hidden_bias_, f"encoder_{number}")
        codes = ONNX_ACTIVATIONS[layer.activation](graph, a)
    if part == "transform":
        result = codes
    else:
        a = _pre_output(graph, layers, codes)
        result = (
            _reconstruction(graph, layers[0], a)
            if part == "reconstruct"
            else _errors(graph, model, x, a)
        )
    # The last node gives the output of the graph; "linear" may have given none of its own.
    graph.nodes.append(_onnx().helper.make_node("Identity", [result], [PARTS[part]]))
    return graph


def _pre_output(graph: GraphBuilder, layers: list[Any], codes: str) -> str:
    """Pre-activation of the reconstruction, down through all layers."""
    for number in range(len(layers), 1, -1):
        layer = layers[number - 1]
        a = graph.dense(codes, decoder_of(layer), layer.visible_bias_, f"decoder_{number}")
        codes = ONNX_ACTIVATIONS[layer.output_](graph, a)
    return graph.dense(codes, decoder_of(layers[0]), layers[0].visible_bias_, "decoder_1")


def _standardised(graph: GraphBuilder, bottom: Any) -> str:
    """Name the input as the lowest layer sees it: (x − mean) / scale, where it does that."""
    if not hasattr(bottom, "mean_"):
        return "x"
    centred = graph.apply("Sub", "x", graph.constant(bottom.mean_, "mean"))
    return graph.apply("Div", centred, graph.constant(bottom.scale_, "scale"))


def _reconstruction(graph: GraphBuilder, bottom: Any, a: str) -> str:
    """Reconstruction in the units of the data."""
    z = ONNX_ACTIVATIONS[bottom.output_](graph, a)
    if not hasattr(bottom, "mean_"):
        return z
    scaled = graph.apply("Mul", z, graph.constant(bottom.scale_, "scale"))
    return graph.apply("Add", scaled, graph.constant(bottom.mean_, "mean"))


def _errors(graph: GraphBuilder, model: Any, x: str, a: str) -> str:
    """Cost of each row. Cross-entropy has the sigmoid for its output; estimators see to that."""
    if cost_of(model) == "cross_entropy":
        terms = graph.apply("Sub", graph.softplus(a), graph.apply("Mul", x, a))
        return graph.sum_over_columns(terms)
    bottom = layers_of(model)[0]
    difference = graph.apply("Sub", x, ONNX_ACTIVATIONS[bottom.output_](graph, a))
    total = graph.sum_over_columns(graph.apply("Mul", difference, difference))
    return graph.apply("Div", total, graph.constant(bottom.W_.shape[0], "columns"))


def _model_proto(graph: GraphBuilder, part: str, layers: list[Any]) -> ModelProto:
    onnx = _onnx()
    helper = onnx.helper
    number = helper.np_dtype_to_tensor_dtype(graph.dtype)
    n_visible, n_hidden = layers[0].W_.shape[0], layers[-1].W_.shape[1]
    columns = {"reconstruct": [n_visible], "transform": [n_hidden], "score_samples": []}[part]
    exported: ModelProto = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "autoenc",
            [helper.make_tensor_value_info("x", number, ["rows", n_visible])],
            [helper.make_tensor_value_info(PARTS[part], number, ["rows", *columns])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="autoenc",
    )
    onnx.checker.check_model(exported, full_check=True)
    return exported


def _check_activations(layers: list[Any]) -> None:
    for layer in layers:
        for name, value in (("activation", layer.activation), ("output", layer.output_)):
            if not isinstance(value, str) or value not in ACTIVATIONS:
                raise ValueError(
                    f"{name} is {value!r}, of which ONNX knows nothing; only models whose "
                    f"activations are given by name ({', '.join(sorted(ACTIVATIONS))}) can be "
                    "exported."
                )


def _check_size(layers: list[Any]) -> None:
    # Tied weights are stored twice, once transposed: not every runtime has a fast Transpose.
    size = 2 * sum(layer.W_.nbytes for layer in layers)
    if size > LARGEST:
        raise ValueError(
            f"the weights of encoder and decoder are {size:,} bytes; expected at most "
            f"{LARGEST:,}, which an ONNX file can hold. Use the model's own file and "
            "autoenc.export.copy_numpy_reader."
        )


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            'onnx is not installed, which exports to ONNX need: pip install "autoenc[onnx]".'
        ) from error
    return onnx
