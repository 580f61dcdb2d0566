from __future__ import print_function
import theano, theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams
rng = MRG_RandomStreams(9)
out, upd = theano.scan(lambda: rng.uniform((3,)), n_steps=3)
f = theano.function([], out, updates=upd)
print(f()); print(f())
