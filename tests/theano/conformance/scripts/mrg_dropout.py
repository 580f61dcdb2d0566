from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams
srng = RandomStreams(np.random.RandomState(1).randint(999999))
def dropout(X, p=0.):
    if p > 0:
        retain_prob = 1 - p
        X *= srng.binomial(X.shape, p=retain_prob, dtype=theano.config.floatX)
        X /= retain_prob
    return X
x = T.matrix()
f = theano.function([x], dropout(x, .5))
a = np.ones((4, 6), theano.config.floatX)
print(f(a)); print(f(a))
