"""Data sets in shared variables, for those who compile functions of their own.

The data goes where the function runs once, and a function takes the number of a minibatch:

>>> import pytensor
>>> import pytensor.tensor as pt
>>> images, labels = shared_dataset(np.eye(4), [3, 1, 4, 1])
>>> x, index = pt.matrix("x"), pt.lscalar("index")
>>> mean = pytensor.function([index], x.mean(axis=0), givens={x: minibatch(images, index, 2)})
>>> [mean(i).tolist() for i in range(n_minibatches(4, 2))]
[[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]

`autoenc.training.train` needs none of this.
"""

from typing import Any, overload

import numpy as np
import pytensor
from numpy.typing import ArrayLike, NDArray
from pytensor import config
from pytensor import tensor as pt
from pytensor.graph.basic import Variable
from pytensor.tensor.type import integer_dtypes

from autoenc.graph.checks import positive_int
from autoenc.graph.types import Expression, Parameter


@overload
def shared_dataset(
    images: ArrayLike, labels: None = None, *, borrow: bool = False
) -> Parameter: ...


@overload
def shared_dataset(
    images: ArrayLike, labels: ArrayLike, *, borrow: bool = False
) -> tuple[Parameter, Expression]: ...


def shared_dataset(
    images: ArrayLike, labels: ArrayLike | None = None, *, borrow: bool = False
) -> Parameter | tuple[Parameter, Expression]:
    """Put images, and their labels if there are any, into shared variables.

    Both are stored in floatX, since that is what Theano kept on a GPU; the labels come back
    as an expression that casts them to int32, fit to be used as indices.

    In JAX mode, PyTensor hands a shared variable that no update changes to the device at
    every call. Where that costs too much, `autoenc.training.train` keeps it there.

    Parameters
    ----------
    images : array-like of finite numbers, shape (n, ...)
        One image, or whatever the data is of, a row. It is cast, not scaled.
    labels : array-like of integers, shape (n,), optional
        One a row.
    borrow : bool, default False
        Let the shared variable have the memory of `images` rather than a copy, if these are
        a C-contiguous array in floatX: then changing either may change the other.

    Returns
    -------
    images : shared variable, floatX, shape (n, ...)
        Named ``images``. Alone, if no labels are given.
    labels : expression, int32, shape (n,)
        A cast of a shared variable, named ``labels``.

    Raises
    ------
    ValueError
        If the images are not finite numbers in rows, or the labels are not as many whole
        numbers, each of which floatX and int32 can hold.

    Examples
    --------
    >>> images, labels = shared_dataset(np.zeros((3, 784)), [5, 0, 4])
    >>> images.dtype, labels.dtype, labels.eval()
    ('float32', 'int32', array([5, 0, 4], dtype=int32))
    """
    rows = _as_rows(images)
    if labels is None:
        return _shared(rows, "images", borrow)
    return _shared(rows, "images", borrow), _shared_labels(labels, len(rows))


def minibatch(data: Expression, index: Expression | int, batch_size: int) -> Expression:
    """Rows index·B … (index + 1)·B of `data`, B being the batch size.

    With a symbolic index there are B of them at every call, since XLA compiles for one
    shape. So the index is to be less than `n_minibatches`: beyond, C raises IndexError, but
    XLA repeats the last row and Numba reads whatever is in memory there. The rows that are
    left over, if B does not divide their number, are a shorter minibatch; a number as index
    gives it, as below.

    Parameters
    ----------
    data : expression, shape (n, ...)
        A shared variable, or the labels that `shared_dataset` returns.
    index : int, or integer scalar expression
        Which minibatch, from 0.
    batch_size : int
        How many rows it has, at least 1.

    Returns
    -------
    expression, shape (batch_size, ...)
        Fit for `givens`, and for the modes of C, JAX and Numba. With a number as index it
        is a plain slice, which ends where the data ends.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Examples
    --------
    Every row counts; the last minibatch has one row, and a function of its own:

    >>> import pytensor
    >>> import pytensor.tensor as pt
    >>> data = shared_dataset(np.arange(5.0).reshape(5, 1))
    >>> x, index = pt.matrix("x"), pt.lscalar("index")
    >>> whole = pytensor.function([index], x.sum(), givens={x: minibatch(data, index, 2)})
    >>> rest = pytensor.function([], x.sum(), givens={x: minibatch(data, 2, 2)})
    >>> [float(whole(i)) for i in range(n_minibatches(5, 2))], float(rest())
    ([1.0, 5.0], 4.0)
    """
    if not isinstance(data, Variable) or not getattr(data, "ndim", 0):
        raise ValueError(
            f"data is {data!r}; expected a symbolic array of rows, such as shared_dataset(images)."
        )
    size = positive_int(batch_size, "batch_size")
    if isinstance(index, Variable):
        return data[_rows(index, size)]
    if isinstance(index, bool) or not isinstance(index, int | np.integer) or index < 0:
        raise ValueError(
            f"index is {index!r}; expected an integer of at least 0, or a symbolic one, "
            'such as pytensor.tensor.lscalar("index").'
        )
    return data[int(index) * size : (int(index) + 1) * size]


def n_minibatches(n_rows: int, batch_size: int) -> int:
    """Count the whole minibatches in `n_rows`.

    The remaining ``n_rows % batch_size`` rows are not counted; `minibatch` tells how to
    use them too.

    Parameters
    ----------
    n_rows : int
        At least `batch_size`.
    batch_size : int
        At least 1.

    Raises
    ------
    ValueError
        If an argument is not as above: a loop over no minibatches would do nothing.

    Examples
    --------
    >>> n_minibatches(50_000, 20)
    2500
    """
    size = positive_int(batch_size, "batch_size")
    n_whole = positive_int(n_rows, "n_rows") // size
    if not n_whole:
        raise ValueError(
            f"n_rows is {n_rows}, fewer than one minibatch of {size}; "
            f"make batch_size at most {n_rows}."
        )
    return n_whole


def _rows(index: Expression, size: int) -> Expression:
    if getattr(index, "ndim", None) != 0 or index.dtype not in integer_dtypes:
        raise ValueError(
            f"index is {index!r} of {index.type}; expected an integer scalar, "
            'such as pytensor.tensor.lscalar("index").'
        )
    # A slice with symbolic ends has no shape that XLA could know. In int32, as XLA has no
    # int64 where floatX is float32, and the product with a narrower index would overflow.
    return index.astype("int32") * np.int32(size) + pt.arange(size, dtype="int32")


def _shared(array: NDArray[Any], name: str, borrow: bool) -> Parameter:
    with np.errstate(over="ignore"):  # what overflows is refused below
        stored = array.astype(config.floatX, order="C", copy=not borrow)
    if not np.isfinite(stored).all():
        raise ValueError(
            f"{name} hold NaN, infinity or numbers that {config.floatX} cannot hold; "
            "expected finite numbers. Remove or replace them."
        )
    return pytensor.shared(stored, name=name, borrow=True)


def _shared_labels(labels: ArrayLike, n_rows: int) -> Expression:
    array = np.asarray(labels)
    if array.shape != (n_rows,):
        raise ValueError(
            f"labels have shape {array.shape}; expected {(n_rows,)}, one label for each image."
        )
    if array.dtype.kind not in "biuf":
        raise ValueError(f"labels have dtype {array.dtype}; expected integers.")
    shared = _shared(array, "labels", borrow=False)
    bound = np.iinfo(np.int32).max
    stored = shared.get_value(borrow=True)
    inexact = (stored != array) | (stored != np.floor(stored)) | (np.abs(stored) >= bound)
    if inexact.any():
        raise ValueError(
            f"labels hold {array[inexact][0]}; expected integers that both int32 and "
            f"{config.floatX} can hold. Number the classes from 0."
        )
    return shared.astype("int32")


def _as_rows(images: ArrayLike) -> NDArray[Any]:
    array = np.asarray(images)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"images have dtype {array.dtype}; expected numbers.")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"images have shape {array.shape}; expected rows, such as (n, 784), with at least one."
        )
    return array
