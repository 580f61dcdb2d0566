"""Branches of conditions."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.ifelse import ifelse
from autoenc.theano.tensor.opt import Assert
from tests.theano.quick import function

x = T.dscalar("x")


def test_comparisons_are_int8_beside_int8():
    # In Theano 0.9, all comparisons were int8.
    whole = T.constant(np.int8(1))
    chosen = ifelse(x > 2, whole, x > 0)
    assert chosen.dtype == "int8"
    assert [int(function([x], chosen)(value)) for value in (3, 1, -1)] == [1, 1, 0]
    first, second = ifelse(x > 2, [x > 3, x], [whole, 2 * x])
    assert [float(v) for v in function([x], [first, second])(1)] == [1, 2]


def test_other_dtypes_are_not_cast():
    with pytest.raises(TypeError, match="dtype"):
        ifelse(x > 2, T.constant(np.int16(1)), x > 0)


i, v = T.lscalar("i"), T.lvector("v")
# An expression of v = [2, 4] and i, a value of i with which one branch fails, and the result.
LAZY = {
    "division": (ifelse(T.eq(i, 0), v, v // i), 0, [2, 4]),
    "index": (ifelse(T.lt(i, 2), v[i], v[1]), 5, 4),
    "assertion": (ifelse(T.eq(i, 0), v.sum(), Assert("i is 0")(v.sum(), T.neq(i, 0))), 0, 6),
    "loop": (ifelse(T.eq(i, 0), v, theano.scan(lambda a, b: a // b, v, None, i)[0]), 0, [2, 4]),
}


@pytest.mark.parametrize("name", LAZY)
@pytest.mark.parametrize("mode", ["FAST_RUN", "JAX"])
def test_a_check_does_not_fail_in_the_branch_that_is_not_taken(name, mode, caplog):
    chosen, value, expected = LAZY[name]
    f = theano.function([v, i], chosen, mode=mode)
    assert f([2, 4], value).tolist() == expected
    assert f([2, 4], 1).tolist() == (expected if name != "index" else 4)
    assert "runs in C" not in caplog.text


@pytest.mark.parametrize("mode", ["FAST_RUN", "JAX"])
def test_branches_within_branches_are_not_computed(mode, caplog):
    inner = ifelse(T.eq(i, 1), [v // (i - 2), v], [v // (i - 1), v % (i - 1)])
    chosen = ifelse(T.eq(i, 0), [v, v], inner)
    f = theano.function([v, i], chosen, mode=mode)
    for value, expected in ((0, [[2, 4], [2, 4]]), (1, [[-2, -4], [2, 4]]), (2, [[2, 4], [0, 0]])):
        assert [result.tolist() for result in f([2, 4], value)] == expected
    assert "runs in C" not in caplog.text


@pytest.mark.parametrize("mode", ["FAST_RUN", "JAX"])
def test_a_check_fails_where_both_branches_or_others_need_it(mode):
    quotient = v // i
    for outputs in (ifelse(i > 5, quotient, quotient + 1), [ifelse(i > 5, v, quotient), quotient]):
        f = theano.function([v, i], outputs, mode=mode)
        with pytest.raises(ZeroDivisionError):
            f([2, 4], 0)
