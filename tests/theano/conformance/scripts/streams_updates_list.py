from __future__ import print_function
import theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
s = RandomStreams(42)
a = s.uniform((2,)); b = s.normal((2,))
print(len(s.state_updates), len(s.updates()))
f = theano.function([], [a, b], no_default_updates=True)
print(f(), f())
g = theano.function([], [a, b], updates=s.updates())
print(g(), g())
h = theano.function([], [a, b], no_default_updates=[a.rng])
print(h(), h())
