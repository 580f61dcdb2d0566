# flags: floatX=float64
from __future__ import print_function
import theano, theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams
rng = MRG_RandomStreams(2012)
f = theano.function([], [rng.uniform((5,)), rng.uniform((2, 2), dtype='float32'), rng.normal((4,))])
for i in range(2):
    for v in f(): print(v.dtype, v.tolist())
