from __future__ import print_function
import numpy as np, theano, theano.tensor as T
n_in, n_out = 4, 3
theta = theano.shared(value=np.zeros((n_in + 1) * n_out, dtype=theano.config.floatX), name='theta', borrow=True)
W = theta[0:n_in * n_out].reshape((n_in, n_out))
b = theta[n_in * n_out:n_in * n_out + n_out]
x = T.matrix('x'); y = T.ivector('y')
p = T.nnet.softmax(T.dot(x, W) + b)
cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
f = theano.function([x, y], [cost, T.grad(cost, theta)])
X = np.random.RandomState(0).normal(size=(6, n_in)).astype(theano.config.floatX); Y = np.arange(6, dtype='int32') % 3
for i in range(4):
    c, g = f(X, Y)
    print(c, g)
    theta.set_value(theta.get_value() - np.asarray(.5, theta.dtype) * g)
