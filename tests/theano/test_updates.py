"""Updates of shared variables keep their order and refuse contradictions."""

from operator import add

import pytest

from autoenc import theano
from autoenc.theano.updates import OrderedUpdates

w, b = theano.shared(1.0, "w"), theano.shared(2.0, "b")


@pytest.mark.parametrize(
    ("total", "order"),
    [
        (lambda: OrderedUpdates([(w, w + 1)]) + {b: b * 2}, [w, b]),
        (lambda: add(OrderedUpdates([(w, w + 1)]), [(b, b * 2)]), [w, b]),
        (lambda: {b: b * 2} + OrderedUpdates([(w, w + 1)]), [b, w]),
        (lambda: add([(b, b * 2)], OrderedUpdates([(w, w + 1)])), [b, w]),
        (lambda: OrderedUpdates([(w, w + 1)]) + None, [w]),
    ],
)
def test_sums(total, order):
    updates = total()
    assert type(updates) is OrderedUpdates
    assert list(updates) == order
    w.set_value(1.0)
    b.set_value(2.0)
    theano.function([], updates=updates, mode="FAST_COMPILE")()
    assert w.get_value() == 2
    assert b.get_value() == (4 if b in order else 2)


def test_the_parts_of_a_sum_do_not_change():
    first, second = OrderedUpdates([(w, w + 1)]), OrderedUpdates([(b, b + 1)])
    assert len(first + second) == 2
    assert (list(first), list(second)) == ([w], [b])


def test_the_same_update_may_be_added_twice():
    new = w + 1
    updates = OrderedUpdates([(w, new)])
    updates.update({w: new})
    updates.update(None)
    assert updates[w] is new
    assert OrderedUpdates([(w, 1000)]) + {w: 500 * 2} == {w: 1000}


def test_two_updates_of_a_variable():
    updates = OrderedUpdates([(w, w + 1)])
    with pytest.raises(KeyError, match="Collision"):
        updates.update({w: w + 1})
    updates[w] = 3
    assert updates[w] == 3


@pytest.mark.parametrize("key", ["w", 1, w + 1])
def test_only_shared_variables_have_updates(key):
    with pytest.raises(TypeError, match="keys must inherit from SharedVariable"):
        OrderedUpdates([(key, 1)])
