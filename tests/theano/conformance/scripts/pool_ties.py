from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.signal.pool import pool_2d, max_pool_2d_same_size
x = T.matrix('x')
X = np.asarray([[1, 1, 2, 0], [1, 0, 2, 2], [0, 0, 3, 3], [0, 0, 3, 1]], 'float32')
out = pool_2d(x, (2, 2), ignore_border=True)
print(theano.function([x], [out, T.grad(out.sum(), x)])(X))
t4 = T.tensor4()
print(theano.function([t4], max_pool_2d_same_size(t4, (2, 2)))(X.reshape(1, 1, 4, 4)))
v = T.matrix('v')
print(theano.function([x, v], T.Rop(out, x, v))(X, np.arange(16, dtype='float32').reshape(4, 4)))
