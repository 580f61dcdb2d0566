"""Products of selected blocks of vectors and matrices: ``nnet.blocksparse``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.type import discrete_dtypes

from autoenc.theano.ops.in_place import MayBeInPlace

Variable = Any


class SparseBlockGemv(MayBeInPlace):
    """Operation that adds products of selected blocks to an output.

    ``o[b, j] + sum_i dot(h[b, i], W[inputIdx[b, i], outputIdx[b, j]])``
    """

    def __call__(self, o: Any, W: Any, h: Any, inputIdx: Any, outputIdx: Any) -> Variable:
        """Return the sum.

        Parameters
        ----------
        o : tensor, (batch, output blocks, output size)
        W : tensor, (all input blocks, all output blocks, input size, output size)
        h : tensor, (batch, input blocks, input size)
        inputIdx : integer matrix, (batch, input blocks)
        outputIdx : integer matrix, (batch, output blocks)

        Returns
        -------
        tensor, (batch, output blocks, output size)

        Raises
        ------
        TypeError
            If an argument has the wrong number of dimensions.
        """
        o, W = _of("output o", o, 3), _of("weight matrix W", W, 4)
        h = _of("input h", h, 3)
        inputs, outputs = _indices("input", inputIdx), _indices("output", outputIdx)
        blocks = W[inputs[:, :, None], outputs[:, None, :]].dimshuffle(0, 1, 3, 2, 4)
        batch, n_inputs, size, n_outputs, output_size = blocks.shape
        matrices = blocks.reshape((batch, n_inputs * size, n_outputs * output_size))
        products = pt.matmul(h.reshape((batch, 1, n_inputs * size)), matrices)
        return o + products.reshape((batch, n_outputs, output_size)).astype(o.dtype)


class SparseBlockOuter(MayBeInPlace):
    """Operation that adds outer products of vectors to selected blocks of a matrix.

    ``o[xIdx[b, i], yIdx[b, j]] += alpha * outer(x[b, i], y[b, j])``
    """

    def __call__(
        self,
        o: Any,
        x: Any,
        y: Any,
        xIdx: Any,
        yIdx: Any,
        alpha: Any = None,
    ) -> Variable:
        """Return the matrix.

        Parameters
        ----------
        o : tensor, (all x blocks, all y blocks, x size, y size)
        x : tensor, (batch, x blocks, x size)
        y : tensor, (batch, y blocks, y size)
        xIdx : integer matrix, (batch, x blocks)
        yIdx : integer matrix, (batch, y blocks)
        alpha : scalar, optional
            1 by default.

        Returns
        -------
        tensor, the shape of `o`

        Raises
        ------
        TypeError
            If an argument has the wrong number of dimensions.
        """
        o, x, y = _of("matrix o", o, 4), _of("x", x, 3), _of("y", y, 3)
        products = x[:, :, None, :, None] * y[:, None, :, None, :]
        if alpha is not None:
            products = alpha * products
        blocks = o[_indices("x", xIdx)[:, :, None], _indices("y", yIdx)[:, None, :]]
        return pt.inc_subtensor(blocks, products.astype(o.dtype))


sparse_block_gemv = SparseBlockGemv(False)
sparse_block_gemv_inplace = SparseBlockGemv(True)
sparse_block_outer = SparseBlockOuter(False)
sparse_block_outer_inplace = SparseBlockOuter(True)


def sparse_block_dot(W: Any, h: Any, inputIdx: Any, b: Any, outputIdx: Any) -> Variable:
    """Return products of selected blocks, plus a bias.

    Parameters
    ----------
    W : tensor, (all input blocks, all output blocks, input size, output size)
    h : tensor, (batch, input blocks, input size) or (input blocks, input size)
    inputIdx : integer tensor, (batch, input blocks) or (input blocks,)
    b : matrix, (all output blocks, output size)
    outputIdx : integer tensor, (batch, output blocks) or (output blocks,)

    Returns
    -------
    tensor, (batch, output blocks, output size)
    """
    h, inputs, outputs = map(pt.as_tensor_variable, (h, inputIdx, outputIdx))
    assert inputs.ndim == outputs.ndim == h.ndim - 1
    if h.ndim == 2:
        h, inputs, outputs = (v.dimshuffle("x", *range(v.ndim)) for v in (h, inputs, outputs))
    bias = pt.as_tensor_variable(b)[outputs]
    return sparse_block_gemv(bias, W, h, inputs, outputs)


def _of(name: str, given: Any, ndim: int) -> Variable:
    tensor = pt.as_tensor_variable(given)
    if tensor.ndim != ndim:
        raise TypeError(f"The {name} must be a {ndim}D tensor; it has {tensor.ndim} dimensions")
    return tensor


def _indices(name: str, given: Any) -> Variable:
    indices = _of(f"{name} indices", given, 2)
    assert indices.dtype in discrete_dtypes, f"{name} indices must be integers"
    return indices
