from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(2)
W = theano.shared(rng.uniform(-1, 1, (5, 3)).astype('float32')); b = theano.shared(np.zeros(3, 'float32'))
x = T.matrix('x')
h = T.nnet.sigmoid(T.dot(x, W) + b)
J = T.reshape(h * (1 - h), (4, 1, 3)) * T.reshape(W, (1, 5, 3))
L = T.sum(J ** 2) / 4
f = theano.function([x], [L] + T.grad(L, [W, b]))
for v in f(rng.uniform(size=(4, 5)).astype('float32')): print(v)
