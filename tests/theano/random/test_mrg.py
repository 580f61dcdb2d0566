"""MRG31k3p: streams and numbers recorded under Theano 1.0.5, in C, NumPy and XLA."""

from itertools import pairwise

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from autoenc.theano.random import mrg31k3p, mrg_uniform
from autoenc.theano.random.mrg import MRG_RandomStreams, guess_n_streams
from autoenc.theano.random.outcomes import ChoiceFromUniform, MultinomialFromUniform


def compiled(streams, *draws, mode="CVM"):
    updates = [(state, after) for state, after, *_ in streams.state_updates]
    return pytensor.function([], draws, updates=updates, mode=mode)


def test_recorded_numbers():
    streams = MRG_RandomStreams(234)
    f = compiled(streams, streams.uniform((2,), dtype="float64"))
    assert_array_equal(f()[0].round(8), [0.44990408, 0.30624682])


@pytest.mark.parametrize("mode", ["CVM", "JAX"])
@pytest.mark.parametrize(
    ("seed", "first", "second"),
    [
        (-5, [0.990396475, 0.318230933, 0.230967512], [0.646026264, 0.854129192]),
        (-1234567890, [0.394423753, 0.802761554, 0.571933509], [0.697826943, 0.243724205]),
        (-(2**31), [0.640982426, 0.125400663, 0.291874408], [0.586061974, 0.919645814]),
        (
            [-1, 2, -3, 4, -5, 6],
            [0.003753479, 0.849467266, 0.218578338],
            [0.332310325, 0.415750178],
        ),
    ],
)
def test_negative_seeds_give_the_numbers_of_theano_in_c(seed, first, second, mode):
    """Theano's Python code gave others, because its remainders have other signs."""
    from autoenc.theano.engines import xla_ops  # noqa: F401 - registers them

    streams = MRG_RandomStreams(seed)
    f = compiled(streams, streams.uniform((40,), dtype="float32"), mode=mode)
    assert_allclose(np.asarray(f()[0])[:3], first, atol=1e-7)
    assert_allclose(np.asarray(f()[0])[:2], second, atol=1e-7)


def test_kernel_and_numpy_draw_the_same_after_a_negative_seed(compiler, monkeypatch):
    states = mrg31k3p.streams(mrg31k3p.seeded(-7), 6)
    assert (states < 0).any()
    with_kernel, without = states.copy(), states.copy()
    numbers = mrg_uniform.draw(with_kernel, 50, "float64")
    monkeypatch.setattr(mrg_uniform, "kernels", lambda: None)
    assert_array_equal(mrg_uniform.draw(without, 50, "float64"), numbers)
    assert_array_equal(with_kernel, without)


def test_streams_are_2p72_apart():
    states = mrg31k3p.streams(mrg31k3p.seeded(12345), 11)
    for before, after in pairwise(states):
        assert_array_equal(mrg31k3p.ff_2p72(before), after)


def test_skipping_is_that_many_steps():
    # Squaring the matrix of one step is checked where stepping is affordable.
    state = mrg31k3p.seeded([1, 2, 3, 4, 5, 6])
    stepped = state[None].astype("uint32")
    for _ in range(2**6):
        stepped, _ = mrg31k3p.advance(stepped)
    skip = mrg31k3p._squared(mrg31k3p._STEP, 6)
    assert_array_equal(mrg31k3p._skip(skip, state[None]), stepped)
    assert mrg31k3p.A1p72.tolist()[0] == [1516919229, 758510237, 499121365]
    assert mrg31k3p.A2p134.tolist()[2] == [1401213391, 1178684362, 1431130166]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 6, 7, 1000])
def test_kernel_and_numpy_draw_the_same(dtype, n, compiler, monkeypatch):
    states = mrg31k3p.streams(mrg31k3p.seeded(7), 6)
    assert mrg_uniform.kernels() is not None
    with_kernel, without = states.copy(), states.copy()
    numbers = mrg_uniform.draw(with_kernel, n, dtype)
    monkeypatch.setattr(mrg_uniform, "kernels", lambda: None)
    assert_array_equal(mrg_uniform.draw(without, n, dtype), numbers)
    assert_array_equal(with_kernel, without)
    assert numbers.min() > 0
    assert numbers.max() < 1


def test_xla_draws_the_same():
    from autoenc.theano.engines import xla_ops  # noqa: F401 - registers them

    results = []
    for mode in ("CVM", "JAX"):
        streams = MRG_RandomStreams(3)
        u = streams.uniform((5, 7), dtype="float32")
        v = streams.uniform((4,), nstreams=3, dtype="float32")
        state = streams.state_updates[0][0]
        f = compiled(streams, u, v, mode=mode)
        results.append([np.asarray(x) for _ in range(2) for x in f()])
        results[-1].append(np.asarray(state.get_value()))
    for in_c, in_xla in zip(*results, strict=True):
        assert_array_equal(in_c, in_xla)


@pytest.mark.parametrize(
    ("size", "n"),
    [((3,), 3), ((7, 1), 1), ((20, 30), 100), ((1000, 1000), 15360), ((np.int64(6),), 15360)],
)
def test_numbers_of_streams(size, n):
    assert guess_n_streams(size) == n
    with pytest.warns(UserWarning, match="guessing"):
        assert guess_n_streams((pt.iscalar(),), warn=True) == 15360


def test_seed_starts_anew():
    streams = MRG_RandomStreams(9)
    f = compiled(streams, streams.uniform((4,)), streams.normal((3,)))
    first = f()
    f()
    streams.seed(9)
    for a, b in zip(f(), first, strict=True):
        assert_array_equal(a, b)


def test_normal_numbers_are_normal():
    streams = MRG_RandomStreams(1)
    draws = streams.normal((100, 101), avg=3.0, std=2.0), streams.truncated_normal((9999,))
    normal, truncated = compiled(streams, *draws)()
    assert normal.shape == (100, 101)
    assert_allclose([normal.mean(), normal.std()], [3, 2], atol=0.05)
    assert_allclose([truncated.mean(), truncated.std()], [0, 1], atol=0.05)
    assert abs(truncated).max() < 2.3


PVALS = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda s: s.multinomial(pvals=PVALS, n=10), [[1, 2, 7], [1, 7, 2]]),
        (lambda s: s.choice(size=2, p=PVALS, replace=False), [[0, 2], [1, 0]]),
        (lambda s: s.binomial((6,), p=0.3), [1, 0, 0, 0, 0, 0]),
        (
            lambda s: s.normal((3,), avg=np.array([0.0, 10, 20]), std=2.0, dtype="float64"),
            [0.72683578, 8.45275087, 13.94784813],
        ),
        (lambda s: s.normal(3, dtype="float64"), [0.36341789, -0.77362456, -3.02607594]),
        (
            lambda s: s.normal([2, 2], dtype="float64"),
            [[0.36341789, -0.77362456], [-3.02607594, -0.40946599]],
        ),
        (
            lambda s: s.normal(pt.constant(3), dtype="float64"),
            [0.36341789, -0.77362456, -3.02607594],
        ),
        (
            lambda s: s.normal(pt.constant(np.array([2, 1])), dtype="float64", ndim=2),
            [[-1.26713667], [-2.77192583]],
        ),
        (
            lambda s: s.truncated_normal((5,), avg=1.0, std=3.0, dtype="float64"),
            [0.00695038, -0.95632053, -0.64371095, -3.86263348, -1.81525074],
        ),
    ],
)
def test_recorded_distributions(draw, expected):
    streams = MRG_RandomStreams(5)
    numbers = compiled(streams, draw(streams), mode="FAST_COMPILE")()[0]
    assert_allclose(numbers, expected, atol=1e-8)


def test_one_outcome_can_be_chosen_once():
    streams = MRG_RandomStreams(1)
    chosen = streams.choice(p=np.ones((3, 1)), replace=False)
    assert chosen.broadcastable == (False, True)
    assert_array_equal(chosen.eval(), [[0], [0], [0]])


def test_an_older_name_of_choice():
    streams = MRG_RandomStreams(5)
    with pytest.warns(UserWarning, match="multinomial_wo_replacement.* is deprecated"):
        draw = streams.multinomial_wo_replacement(pvals=PVALS, n=2)
    assert_array_equal(compiled(streams, draw, mode="FAST_COMPILE")()[0], [[0, 2], [1, 0]])


def test_updates_advance_the_streams():
    streams = MRG_RandomStreams(5)
    draw = streams.uniform((4,), dtype="float64")
    ((state, after, *how),) = streams.updates()
    assert how == [(4,), None]
    f = pytensor.function([], draw, updates=[(state, after)], mode="CVM")
    both = np.concatenate([f(), f()])
    other = MRG_RandomStreams(5)
    twice = other.uniform((8,), nstreams=4, dtype="float64")
    assert_array_equal(compiled(other, twice)()[0], both)


@pytest.mark.parametrize("n", [0, -3, 2**72])
def test_numbers_of_streams_out_of_range_are_refused(n):
    with pytest.raises(ValueError, match=f"number of streams must be positive, got {n}"):
        MRG_RandomStreams(1).get_substream_rstates(n, "float64")


def test_streams_are_kept_if_asked():
    streams = MRG_RandomStreams(1)
    before = streams.get_substream_rstates(3, "float64", inc_rstate=False)
    assert_array_equal(streams.get_substream_rstates(3, "float64"), before)
    following = streams.get_substream_rstates(3, "float64")
    assert_array_equal(following[0], mrg31k3p.ff_2p134(before[0]))


def test_outcomes_follow_their_intervals():
    pvals = np.array([[0.25, 0.25, 0.5], [0.0, 0.5, 0.5]])
    p, u = pt.dmatrix(), pt.dvector()
    counts = MultinomialFromUniform("auto")(p, u, 2)
    chosen = ChoiceFromUniform("auto")(p, u, 2)
    f = pytensor.function([p, u], [counts, chosen], mode="CVM")
    counted, indices = f(pvals, np.array([0.3, 0.1, 0.6, 0.7]))
    assert counted.tolist() == [[0, 1, 1], [0, 1, 1]]
    assert indices.tolist() == [[1, 2], [1, 2]]
    with pytest.raises(ValueError, match="unis"):
        f(pvals, np.array([0.3]))


def test_outcomes_of_many_rows():
    # The number of draws is a constant of dtype int8.
    p = np.full((200, 4), 0.25)
    streams = MRG_RandomStreams(1)
    (counts,) = compiled(streams, streams.multinomial(pvals=pt.constant(p)))()
    assert counts.sum() == 200


@pytest.mark.parametrize("seed", [0, 2147462579, [0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
def test_seeds_out_of_range_are_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        MRG_RandomStreams(seed)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda s: s.uniform([2, 3]), TypeError, "size must be a tuple of int or"),
        (lambda s: s.uniform(pt.dmatrix()), TypeError, "Variable with 1 dimension"),
        (lambda s: s.uniform((2.5,)), AssertionError, "a tuple of int or a Theano variable"),
        (lambda s: s.uniform((2, 0)), ValueError, "a dimension with value <= 0"),
        (lambda s: s.uniform((2,), colour="red"), TypeError, r"keyword arguments \['colour'\]"),
        (
            lambda s: s.uniform((1, 3), low=np.zeros((2, 3))),
            NotImplementedError,
            "Increase the size to match the broadcasting pattern",
        ),
        (lambda s: s.binomial((2,), n=3), NotImplementedError, "binomial with n > 1"),
        (lambda s: s.multinomial(), TypeError, "You have to specify pvals"),
        (
            lambda s: s.multinomial(pvals=np.ones(3)),
            NotImplementedError,
            "multinomial only implemented for pvals.ndim = 2",
        ),
        (
            lambda s: s.multinomial(size=(2,), pvals=PVALS),
            ValueError,
            "Provided a size argument to MRG_RandomStreams.multinomial",
        ),
        (lambda s: s.multinomial(pvals=PVALS, ndim=2), ValueError, "Provided a ndim argument"),
        (lambda s: s.choice(p=PVALS), NotImplementedError, "only works without replacement"),
        (lambda s: s.choice(a=3, p=PVALS, replace=False), TypeError, "a has to be None"),
        (lambda s: s.choice(replace=False), TypeError, "p has to be specified"),
        (
            lambda s: s.choice(p=np.ones(3), replace=False),
            NotImplementedError,
            "choice is only implemented for p.ndim = 2",
        ),
        (
            lambda s: s.choice(p=PVALS, ndim=2, replace=False),
            ValueError,
            "Provided a ndim argument to MRG_RandomStreams.choice",
        ),
        (lambda s: s.normal("3"), ValueError, "Size must be a int, tuple, list or Theano var"),
        (lambda s: s.normal(pt.lmatrix()), ValueError, "must have 1 dimension to be a valid"),
        (lambda s: s.normal((2, 1.5)), ValueError, "Only Theano variables and integers"),
        (lambda s: s.normal((2, pt.lvector())), ValueError, "Non-scalar Theano variable in"),
        (lambda s: s.normal((2, 0)), ValueError, "a dimension with value <= 0"),
    ],
)
def test_impossible_draws_are_refused(draw, error, message):
    with pytest.raises(error, match=message):
        draw(MRG_RandomStreams(1))


def test_an_older_name_of_choice_has_no_size():
    with (
        pytest.warns(UserWarning, match="is deprecated"),
        pytest.raises(ValueError, match="Provided a size argument"),
    ):
        MRG_RandomStreams(1).multinomial_wo_replacement(size=2, pvals=PVALS)
