from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor import extra_ops as E
x = T.matrix('x'); i = T.ivector('i'); v = T.vector('v')
X = np.arange(6, dtype='float32').reshape(2, 3); I = np.asarray([0, 2, 2, 1], 'int32'); V = np.asarray([1, 3, 3, 7], 'float32')
print(theano.function([x], [E.cumsum(x), E.cumsum(x, axis=0), E.cumprod(x, axis=1), E.diff(x), E.repeat(x, 2, axis=1), E.squeeze(x[:1]), E.compress(np.asarray([0, 1]), x, axis=0), E.fill_diagonal(x, 9), E.fill_diagonal_offset(x, 8, 1)])(X))
print(theano.function([i], [E.bincount(i), E.bincount(i, minlength=5)])(I))
print(theano.function([v], [E.searchsorted(v, np.asarray([0, 3, 9], 'float32')), E.Unique()(v)])(V))
print(E.bartlett(5).eval())
print([o.tolist() for o in E.unravel_index([1, 5], (2, 3))[0:1][0].eval().reshape(1, -1)], E.ravel_multi_index(([0, 1], [1, 2]), (2, 3)).eval())
