from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.tensor3('x'); v = T.vector('v')
X = np.arange(24, dtype='float32').reshape(2, 3, 4)
f = theano.function([x], [x.shape, x.shape[0], x.size, x.flatten(), x.flatten(2), T.flatten(x, outdim=2).shape, x.reshape((6, 4))[5], x.reshape((-1, 2)).shape, T.shape_padleft(x).shape, T.shape_padright(x, 2).shape])
for o in f(X): print(o)
print(x.flatten(2).ndim, T.flatten(x).ndim, x.reshape((2, -1)).ndim)
print(theano.function([v], [T.tile(v, (2, 2)), T.repeat(v, 2), T.stack([v, v]), T.concatenate([v, v * 2]), T.join(0, v, v)])(np.asarray([1, 2], 'float32')))
print(theano.function([x], [T.swapaxes(x, 0, 2).shape, x.transpose(2, 0, 1).shape, T.squeeze(x[:1]).shape, T.roll(x[0, 0], 1), x[0].T])(X))
