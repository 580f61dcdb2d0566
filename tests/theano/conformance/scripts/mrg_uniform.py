from __future__ import print_function
import theano, theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams
rng = MRG_RandomStreams(234)
u = rng.uniform(size=(2, 3))
v = rng.uniform(size=(4,), low=-2., high=3.)
f = theano.function([], [u, v])
print(f()); print(f())
rng.seed(77)
print(f())
print(u.dtype, v.dtype, u.type)
