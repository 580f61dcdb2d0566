"""Functions on XLA: shared values stay on the device, and what cannot run there runs in C."""

import logging

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.random.streams import RandomStreams

x = T.fmatrix("x")


def test_values_are_those_of_c():
    outputs = [T.nnet.sigmoid(x).sum(axis=0), x.max()]
    value = np.linspace(-2, 2, 6, dtype="float32").reshape(2, 3)
    on_xla = theano.function([x], outputs, mode="JAX")(value)
    expected = theano.function([x], outputs, mode="FAST_COMPILE")(value)
    for a, b in zip(on_xla, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_what_xla_cannot_take_runs_in_c_and_says_so_once(caplog):
    streams = RandomStreams(3)
    w = theano.shared(np.zeros(2, "float32"))
    theano.function([], updates=[(w, w + 1)], mode="JAX")()
    f = theano.function([], w + streams.uniform((2,)).astype("float32"), mode="JAX", name="noisy")
    with caplog.at_level(logging.WARNING, "theano"):
        first, second = f(), f()
    assert not np.array_equal(first, second)
    assert (first >= 1).all()
    assert sum("noisy runs in C" in r.message for r in caplog.records) <= 1


def test_an_error_is_theanos():
    f = theano.function([x], T.dot(x, x), mode="JAX")
    with pytest.raises(ValueError, match=r"[Ss]hape|aligned"):
        f(np.ones((2, 3), "float32"))
