from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
s = RandomStreams(5)
m = T.imatrix('m')
v = T.ivector('v')
f = theano.function([m], s.shuffle_row_elements(m))
g = theano.function([v], s.shuffle_row_elements(v))
a = np.arange(12, dtype='int32').reshape(3, 4)
for i in range(3):
    print(f(a))
    print(g(a[0]))
