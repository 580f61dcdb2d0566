from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
s = RandomStreams(11)
p = T.matrix('p')
one = s.multinomial(n=1, pvals=p)
many = s.multinomial(size=(2,), n=20, pvals=p)
f = theano.function([p], [one, many])
P = np.asarray([[.1, .2, .7], [.3, .3, .4]], theano.config.floatX)
for i in range(3):
    for v in f(P):
        print(v.dtype, v.tolist())
