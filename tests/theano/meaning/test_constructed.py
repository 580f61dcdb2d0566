"""Operations that scripts construct are equal if their parameters are."""

from __future__ import annotations

import pytest
from autoenc.theano.tensor.sort import ArgSortOp, SortOp

import autoenc.theano.tensor as T
from autoenc.theano.tensor import elemwise, extra_ops, nlinalg, slinalg


@pytest.mark.parametrize(
    ("kind", "parameters", "others"),
    [
        (SortOp, ("quicksort", None), ("mergesort", None)),
        (ArgSortOp, ("quicksort",), ("mergesort",)),
        (extra_ops.CumOp, (1, "add"), (1, "mul")),
        (extra_ops.RepeatOp, (0,), (1,)),
        (extra_ops.Unique, (True,), (False,)),
        (elemwise.DimShuffle, ((False,), ("x", 0)), ((False,), (0, "x"))),
        (T.AllocDiag, (0,), (1,)),
        (T.Join, (-1,), (0,)),
        (slinalg.Solve, ("general",), ("lower_triangular",)),
        (slinalg.Cholesky, (True,), (False,)),
        (nlinalg.Eigh, ("L",), ("U",)),
    ],
)
def test_equal_parameters_make_equal_operations(kind, parameters, others):
    first, second, other = kind(*parameters), kind(*parameters), kind(*others)
    assert first == second
    assert len({first, second, other}) == 2
    assert first != other


def test_operations_of_different_classes_differ():
    assert SortOp("quicksort") != ArgSortOp("quicksort")


def test_a_diagonal_beside_the_main_one():
    found = T.AllocDiag(1)(T.constant([1, 2])).eval()
    assert found.tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
