"""Data sets in shared variables, for functions that you compile yourself.

The data is transferred to the device once, and a function takes the index of a minibatch:

>>> import pytensor
>>> import pytensor.tensor as pt
>>> images, labels = shared_dataset(np.eye(4), [3, 1, 4, 1])
>>> x, index = pt.matrix("x"), pt.lscalar("index")
>>> mean = pytensor.function([index], x.mean(axis=0), givens={x: minibatch(images, index, 2)})
>>> [mean(i).tolist() for i in range(n_minibatches(4, 2))]
[[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]

`autoenc.training.train` does this itself.
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
    """Store images, and optionally labels, in shared variables.

    Both are stored in floatX, as Theano required on a GPU. The labels are returned as an
    expression that casts them to int32, so that they can be used as indices.

    In JAX mode, PyTensor transfers a shared variable that is not updated to the device at
    every call. `autoenc.training.train` avoids this.

    Parameters
    ----------
    images : array-like of finite numbers, shape (n, ...)
        One image per row, or any other data. Values are cast, not scaled.
    labels : array-like of integers, shape (n,), optional
        One label per row.
    borrow : bool, default False
        Whether the shared variable may use the memory of `images`, if that is a C-contiguous
        array in floatX. Changing one may then change the other.

    Returns
    -------
    images : shared variable, floatX, shape (n, ...)
        Named ``images``. It is returned alone if no labels are given.
    labels : expression, int32, shape (n,)
        Cast of a shared variable named ``labels``.

    Raises
    ------
    ValueError
        If the images are not rows of finite numbers, or the labels are not integers, one for
        each row, that floatX and int32 can represent.

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
    """Return the rows from index·B to (index + 1)·B of `data`, where B is the batch size.

    With a symbolic index, the result always has B rows, because XLA compiles for one shape. The
    index must then be less than `n_minibatches`: otherwise C raises IndexError, XLA repeats the
    last row, and Numba reads memory outside the array. If B does not divide the number of rows,
    the remaining rows form a shorter minibatch. To get it, pass its index as a plain number, as in
    the example.

    Parameters
    ----------
    data : expression, shape (n, ...)
        A shared variable, or the labels that `shared_dataset` returns.
    index : int or int scalar expression
        Index of the minibatch, from 0.
    batch_size : int
        Number of rows of a minibatch, at least 1.

    Returns
    -------
    expression, shape (batch_size, ...)
        For use in `givens`, in the modes of C, JAX and Numba. If the index is a plain number,
        it is a slice, which ends where the data ends.

    Raises
    ------
    ValueError
        If an argument is invalid.

    Examples
    --------
    The last minibatch has one row; a second function is compiled for it:

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
    """Return the number of full minibatches in `n_rows` rows.

    The remaining ``n_rows % batch_size`` rows are not counted; see `minibatch` for how to use
    them.

    Parameters
    ----------
    n_rows : int
        Number of rows, at least `batch_size`.
    batch_size : int
        Number of rows of a minibatch, at least 1.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If an argument is invalid, or if there is no full minibatch: a loop over none would
        silently do nothing.

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
    # XLA needs to know the shape, which a slice with symbolic ends does not have. The indices
    # are int32: with floatX=float32 XLA has no int64, and in a narrower type the product would
    # overflow.
    return index.astype("int32") * np.int32(size) + pt.arange(size, dtype="int32")


def _shared(array: NDArray[Any], name: str, borrow: bool) -> Parameter:
    with np.errstate(over="ignore"):  # infinite values are refused below
        stored = array.astype(config.floatX, order="C", copy=not borrow)
    if not np.isfinite(stored).all():
        raise ValueError(
            f"{name} have NaN, infinity or numbers that {config.floatX} cannot represent; "
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
            f"labels have {array[inexact][0]}; expected integers that both int32 and "
            f"{config.floatX} can represent. Number the classes from 0."
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
