from __future__ import print_function
# flags: floatX=float64
import numpy as np, theano, theano.tensor as T
from theano.tensor.nnet import bn
rng = np.random.RandomState(0)
x = T.tensor4('x'); g = T.vector('g'); b = T.vector('b'); m = T.vector('m'); v = T.vector('v')
X = rng.normal(size=(4, 3, 2, 2)).astype(theano.config.floatX); G = np.asarray([1, 2, .5], theano.config.floatX); B = np.asarray([0, 1, -1], theano.config.floatX)
out = bn.batch_normalization_train(x, g, b, axes='spatial', running_mean=m, running_var=v)
f = theano.function([x, g, b, m, v], list(out) + T.grad((out[0] ** 3).sum(), [g, b]))
for o in f(X, G, B, B, G): print(o.shape, np.round(o.ravel()[:6], 4).tolist())
t = bn.batch_normalization_test(x, g, b, m, v, axes='spatial')
print(np.round(theano.function([x, g, b, m, v], t)(X, G, B, B, G)[0, 1], 4).tolist())
y = T.matrix('y')
print(np.round(theano.function([y, g, b], T.nnet.batch_normalization(y, g, b, y.mean(0), y.std(0)))(X[:, :, 0, 0], G, B), 4).tolist())
