from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.matrix('x'); v = T.vector('v'); t = T.tensor3('t')
print(x.dimshuffle(1, 0).ndim, v.dimshuffle('x', 0).broadcastable, v.dimshuffle(0, 'x').broadcastable, x.dimshuffle('x', 1, 'x', 0).broadcastable)
X = np.arange(6, dtype='float32').reshape(2, 3); V = np.asarray([10, 20, 30], 'float32')
print(theano.function([x, v], x + v.dimshuffle('x', 0))(X, V))
print(theano.function([x, v], [x.T, x + v, x * v, x.T.dimshuffle(1, 'x', 0).shape])(X, V))
r = T.row('r'); c = T.col('c')
print(theano.function([r, c], r + c)(V[None], V[:2, None]))
try:
    theano.function([x, t], x.dimshuffle(0, 1, 'x') + t)(X, np.ones((2, 3, 4), 'float32')); print('fine')
except (ValueError, TypeError) as e:
    print(type(e).__name__)
m = T.matrix('m')
print(theano.function([x, m], x + T.addbroadcast(m, 0))(X, X[:1]))
