"""Compiling without C, for tests whose subject is not the engine."""

import functools

from autoenc import theano

function = functools.partial(theano.function, mode="FAST_COMPILE")
