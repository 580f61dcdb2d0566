"""Symbolic generators: owned by the caller, advanced by updates."""

import re

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.graph import AutoEncoderLayer, masking, random_updates, sgd, symbolic_generator
from tests.graph.helpers import MODE


def draws(generator, n=3):
    _, draw = generator.uniform(size=(4,))
    f = pytensor.function([], draw, updates=random_updates(draw), mode=MODE)
    return np.array([f() for _ in range(n)])


def test_draws_are_float32_and_follow_from_the_seed():
    first = draws(symbolic_generator(123))
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, draws(symbolic_generator(123)))
    assert not (first == draws(symbolic_generator(124))).any()


def test_draws_differ_from_call_to_call():
    values = draws(symbolic_generator(123))
    assert len(np.unique(values)) == values.size


def test_a_numpy_generator_is_copied_not_used_up():
    rng = np.random.default_rng(123)
    before = rng.bit_generator.state
    np.testing.assert_array_equal(draws(symbolic_generator(rng)), draws(symbolic_generator(123)))
    assert rng.bit_generator.state == before


def test_the_name_shows_in_the_printed_graph():
    _, draw = symbolic_generator(1, name="noise").uniform(size=(4,))
    assert "noise" in pytensor.dprint(draw, file="str")


def test_without_updates_the_same_is_drawn_again():
    _, draw = symbolic_generator(1).uniform(size=(4,))
    f = pytensor.function([], draw, mode=MODE)
    np.testing.assert_array_equal(f(), f())


def test_a_graph_without_noise_has_no_updates():
    x = pt.matrix("x")
    assert random_updates(x, (x + pytensor.shared(np.float32(1))).sum()) == {}
    assert random_updates() == {}


def test_a_chain_of_draws_steps_to_its_end():
    generator = symbolic_generator(1)
    after_one, one = generator.uniform(size=(4,))
    after_two, two = after_one.uniform(size=(4,))
    assert random_updates(one, two) == {generator: after_two}
    assert random_updates(two) == {generator: after_two}
    assert random_updates(one) == {generator: after_one}
    f = pytensor.function([], [one, two], updates=random_updates(one, two), mode=MODE)
    values = np.array([*f(), *f()])
    assert len(np.unique(values)) == values.size


def test_every_source_of_noise_is_found_once():
    x = pt.matrix("x")
    first, second = symbolic_generator(1), symbolic_generator(2)
    twice = masking(masking(x, 0.3, first), 0.3, second)
    assert set(random_updates(twice, twice.sum())) == {first, second}


def test_cost_and_gradients_share_their_noise():
    x = pt.matrix("x")
    noise = symbolic_generator(1)
    layer = AutoEncoderLayer(4, 2, rng=np.random.default_rng(0))
    cost = layer.cross_entropy(x, masking(x, 0.3, noise)).mean()
    updates = sgd(cost, layer.params, 0.1)
    assert list(random_updates(cost, *updates.values())) == [noise]


@pytest.mark.parametrize("name", ["noise", None])
def test_drawing_twice_from_one_state_is_refused(name):
    x = pt.matrix("x")
    generator = symbolic_generator(1, name=name)
    both = masking(x, 0.3, generator)
    with pytest.warns(UserWarning, match="has already been used"):
        both += masking(x, 0.3, generator)
    text = (
        f"the random generator {generator} is drawn from twice in one graph, so two "
        "sources of noise would be equal; give each its own generator."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        random_updates(both)
