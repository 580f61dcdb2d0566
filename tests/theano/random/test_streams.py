"""The numbers of ``RandomStreams``, recorded under Theano 1.0.5, and what they depend on."""

import copy

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_array_equal

from autoenc.theano.random import raw
from autoenc.theano.random.sizes import infer_size
from autoenc.theano.random.states import random_state_type, randomstate_constructor
from autoenc.theano.random.streams import RandomStreams


def compiled(*draws):
    return pytensor.function([], draws, updates=[v.update for v in draws], mode="CVM")


def test_seeds_come_from_the_streams_own_generator():
    streams = RandomStreams(234)
    draws = [streams.uniform((2,)), streams.normal((2,))]
    seeds = np.random.RandomState(234)
    f = compiled(*draws)
    for draw, method in zip(f(), ("uniform", "normal"), strict=True):
        state = np.random.RandomState(int(seeds.randint(2**30)))
        expected = getattr(state, method)(size=2)
        assert_array_equal(draw, expected.astype(pytensor.config.floatX))


def test_recorded_numbers():
    draw = compiled(RandomStreams(234).uniform((2,), dtype="float64"))()[0]
    assert_array_equal(draw.round(8), [0.12672381, 0.97091597])


def test_a_function_advances_and_seed_starts_anew():
    streams = RandomStreams(5)
    f = compiled(streams.uniform((3,)), streams.random_integers((3,), 0, 99))
    first, second = f(), f()
    assert any((a != b).any() for a, b in zip(first, second, strict=True))
    streams.seed(5)
    for a, b in zip(f(), first, strict=True):
        assert_array_equal(a, b)
    streams.seed()
    for a, b in zip(f(), first, strict=True):
        assert_array_equal(a, b)


def test_a_draw_does_not_change_the_state_it_is_given():
    state = randomstate_constructor(np.random.RandomState(1))
    before = copy.deepcopy(state.get_value(borrow=True))
    after, draw = raw.uniform(state, (4,))
    f = pytensor.function([], [draw, after], mode="CVM")
    first, advanced = f()
    assert_array_equal(first, f()[0])
    assert random_state_type.values_eq(before, state.get_value(borrow=True))
    assert not random_state_type.values_eq(before, advanced)


def test_states_are_borrowed_only_if_asked():
    value = np.random.RandomState(3)
    assert randomstate_constructor(value).get_value(borrow=True) is not value
    assert randomstate_constructor(value, borrow=True).get_value(borrow=True) is value
    with pytest.raises(TypeError, match=r"expected a .*RandomState, got int"):
        random_state_type.filter(3)


@pytest.mark.parametrize(
    ("draw", "dtype", "shape"),
    [
        (lambda s: s.binomial((4, 2), n=3, p=0.5), "int64", (4, 2)),
        (lambda s: s.poisson((4,), lam=2.0), "int64", (4,)),
        (lambda s: s.permutation((2,), n=5), "int64", (2, 5)),
        (lambda s: s.permutation(n=5), "int64", (5,)),
        (lambda s: s.multinomial((3,), n=4, pvals=[0.5, 0.5]), "int64", (3, 2)),
        (lambda s: s.choice((3,), a=9, replace=False), "int64", (3,)),
        (lambda s: s.uniform(low=np.zeros((2, 1)), high=np.ones(3)), None, (2, 3)),
        (lambda s: s.uniform((2, -1), low=np.zeros((1, 3))), None, (2, 3)),
        (lambda s: s.normal((2,), dtype="float64"), "float64", (2,)),
    ],
)
def test_kinds_shapes_and_dtypes(draw, dtype, shape):
    variable = draw(RandomStreams(1))
    value = compiled(variable)()[0]
    assert value.shape == shape
    assert variable.ndim == len(shape)
    assert dtype in (None, str(value.dtype))


def test_rows_are_shuffled():
    x = pt.lmatrix()
    shuffled = RandomStreams(1).shuffle_row_elements(x)
    f = pytensor.function([x], [shuffled, shuffled.permutation], mode="CVM")
    rows = np.arange(20).reshape(4, 5)
    value, permutation = f(rows)
    assert_array_equal(np.sort(value, axis=1), rows)
    assert_array_equal(value, np.take_along_axis(rows, permutation, 1))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((3, (2, 2)), ValueError),
        ((None, None), TypeError),
        ((None, pt.dvector()), ValueError),
        ((None, (-2,)), ValueError),
        ((None, (-1,)), ValueError),
        ((None, pt.lmatrix()), TypeError),
    ],
)
def test_impossible_sizes_are_refused(arguments, error):
    with pytest.raises(error):
        infer_size(*arguments)


def test_a_size_of_another_length_is_refused_when_it_is_known():
    size = pt.lvector()
    draw = RandomStreams(1).uniform(size, ndim=2)
    f = pytensor.function([size], draw, mode="CVM")
    assert f([2, 3]).shape == (2, 3)
    with pytest.raises(ValueError, match="Shape mismatch"):
        f([2, 3, 4])
