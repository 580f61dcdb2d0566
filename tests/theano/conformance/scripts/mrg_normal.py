from __future__ import print_function
import theano, theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams
rng = MRG_RandomStreams(seed=123)
n = rng.normal(size=(3, 3), avg=1., std=2.)
m = rng.normal(size=(5,))
f = theano.function([], [n, m])
for i in range(2):
    for v in f(): print(v.shape, v.tolist())
t = rng.truncated_normal(size=(8,), avg=0., std=1.)
print(theano.function([], t)())
