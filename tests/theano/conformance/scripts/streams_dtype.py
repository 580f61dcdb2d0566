from __future__ import print_function
import theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
s = RandomStreams(7)
for d in ('float32', 'float64'):
    u = s.uniform((2,), dtype=d)
    n = s.normal((2,), dtype=d)
    print(u.dtype, n.dtype, theano.function([], [u, n])())
b = s.binomial(size=(2, 3), n=1, p=.7, dtype=theano.config.floatX)
i = s.random_integers((3,), low=0, high=9, dtype='int32')
for v in (b, i):
    print(v.dtype, theano.function([], v)().tolist())
print(s.uniform((2, 1)).broadcastable, s.uniform((1,)).type)
