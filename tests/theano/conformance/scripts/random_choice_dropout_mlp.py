from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
srng = RandomStreams(np.random.RandomState(0).randint(999999))
x = T.matrix('x')
def _dropout_from_layer(rng, layer, p):
    srng = theano.tensor.shared_randomstreams.RandomStreams(rng.randint(999999))
    mask = srng.binomial(n=1, p=1 - p, size=layer.shape)
    return layer * T.cast(mask, theano.config.floatX)
out = _dropout_from_layer(np.random.RandomState(5), x, .5)
f = theano.function([x], [out, out.sum()])
for i in range(3):
    for v in f(np.ones((3, 4), theano.config.floatX)): print(v)
print(srng.choice(size=(3,), a=5).eval() if False else theano.function([], srng.choice(size=(3,), a=5))())
