from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
rs = RandomStreams(seed=1)
x = T.matrix('x')
noisy = T.clip(x + rs.normal(size=x.shape, avg=0.0, std=0.2, dtype=theano.config.floatX), 0., 1.)
salt = rs.binomial(size=x.shape, n=1, p=.8); pepper = rs.binomial(size=x.shape, n=1, p=.5)
sp = x * salt + T.eq(salt, 0) * pepper
f = theano.function([x], [noisy, sp])
for i in range(2):
    for v in f(np.ones((2, 5), theano.config.floatX) * .5): print(v.dtype, v.tolist())
