from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
s = RandomStreams(99)
x = T.matrix('x')
noise = s.normal(x.shape, std=.1)
mask = s.binomial(size=x.shape, n=1, p=0.5, dtype=theano.config.floatX)
f = theano.function([x], [x + noise, x * mask])
for shape in ((2, 3), (3, 1)):
    for v in f(np.ones(shape, theano.config.floatX)):
        print(v.shape, v.tolist())
size = T.lvector('size')
u = s.uniform(size, ndim=2)
g = theano.function([size], u)
print(u.ndim, g([1, 3]).tolist())
