from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.matrix('x'); v = T.ivector('v'); i = T.lscalar('i'); j = T.lscalar('j')
X = np.arange(20, dtype='float32').reshape(4, 5)
print(theano.function([x], [x[1], x[:, 2], x[1:3, ::2], x[-1, -2], x[::-1], x[..., 0]])(X))
print(theano.function([x, i, j], [x[i], x[i:j], x[:, i:j:2], x[i, j]])(X, 1, 3))
print(theano.function([x, v], [x[v], x[:, v], x[v, v]])(X, np.asarray([0, 2, 1], 'int32')))
print(theano.function([x], [T.grad(x[1:3, ::2].sum(), x), T.grad((x[T.arange(4), [0, 1, 1, 0]] ** 2).sum(), x)])(X))
