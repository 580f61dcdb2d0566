"""Utility functions."""

import autoenc.theano.tensor as T
from autoenc.theano.gof import utils


def test_tags_are_scratchpads():
    assert isinstance(T.dvector("x").tag, utils.scratchpad)


def test_a_function_keeps_its_results():
    seen = []
    keep = utils.memoize(lambda *arguments, **more: seen.append((arguments, more)) or len(seen))
    assert [keep(1), keep(1), keep(2, b=3), keep(2, b=3)] == [1, 1, 2, 2]


def test_a_warning_is_printed_once(capsys):
    @utils.deprecated("module", "Use g.")
    def f(x):
        return x + 1

    assert [f(1), f(2)] == [2, 3]
    assert capsys.readouterr().out == "WARNING: module.f deprecated. Use g.\n"


def test_sequences():
    assert utils.difference([1, [2], 3], [[2]]) == [1, 3]
    assert utils.to_return_values([5]) == 5
    assert utils.to_return_values([5, 6]) == [5, 6]
    assert utils.from_return_values(5) == [5]
    assert utils.from_return_values((5,)) == (5,)
