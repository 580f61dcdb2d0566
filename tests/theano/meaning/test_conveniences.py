"""Small utility functions."""

import hashlib
import struct

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.meaning import conveniences
from tests.theano.quick import function


class Left:
    """Supports products from the left."""

    def __dot__(self, other):
        return ("left", other)


class Right:
    """Supports products from the right."""

    def __rdot__(self, other):
        return ("right", other)


class Undecided(Right):
    """Leaves the product to the other operand."""

    def __dot__(self, other):
        return NotImplemented


def test_products_of_tensors():
    m, v = T.dmatrix(), T.dvector()
    matrix, vector = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 2.0])
    product = function([m, v], theano.dot(m, v))(matrix, vector)
    np.testing.assert_array_equal(product, matrix @ vector)


def test_products_that_operands_define():
    assert theano.dot(Left(), 2) == ("left", 2)
    assert theano.dot(2, Right()) == ("right", 2)
    undecided = Undecided()
    assert theano.dot(undecided, undecided) == ("right", undecided)


@pytest.mark.parametrize(("left", "right"), [(1, 2), (Right(), "a")])
def test_products_that_nobody_defines(left, right):
    with pytest.raises(NotImplementedError, match="Dot failed for the following reasons:"):
        theano.dot(left, right)


def test_hashes_of_classes():
    assert conveniences.hashtype(Left()) == conveniences.hashtype(Left())
    assert conveniences.hashtype(Left()) != conveniences.hashtype(Right())


@pytest.mark.parametrize("text", ["int x = 1;", b"int x = 1;"])
def test_digest_of_source_text(text):
    # It names modules, so its first character is a letter.
    digest = hashlib.sha256(b"int x = 1;").hexdigest()
    assert theano.gof.utils.hash_from_code(text) == f"m{digest}"


def test_lists():
    assert theano.gof.utils.uniq([3, 1, 3, 2, 1]) == [3, 1, 2]
    assert theano.gof.utils.flatten([1, (2, [3, {4}]), "ab"]) == [1, 2, 3, 4, "ab"]
    assert theano.gof.utils.flatten(5) == [5]


def test_sizes_of_the_machine():
    assert conveniences.local_bitwidth() == 8 * struct.calcsize("P")
    assert conveniences.python_int_bitwidth() == 8 * np.dtype("long").itemsize


def test_a_sparse_gradient():
    w, i = T.dmatrix("w"), T.lvector("i")
    rows = theano.sparse_grad(w[i])
    gradient = T.grad((rows**2).sum(), w)
    values = np.arange(6.0).reshape(3, 2)
    found = function([w, i], gradient)(values, [2, 0, 2])
    np.testing.assert_array_equal(found.toarray(), [[0, 2], [0, 0], [16, 20]])


@pytest.mark.parametrize("index", [0, slice(1)])
def test_a_gradient_is_sparse_for_a_vector_of_indices_only(index):
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        theano.sparse_grad(T.dmatrix()[index])


def test_settings_within_a_block():
    before = theano.config.floatX
    with conveniences.change_flags(floatX="float16"):
        assert theano.config.floatX == "float16"
    assert theano.config.floatX == before


def test_where_the_tests_are(capsys):
    theano.test()
    expected = "The tests of autoenc.theano are in tests/theano of its repository.\n"
    assert capsys.readouterr().out == expected
