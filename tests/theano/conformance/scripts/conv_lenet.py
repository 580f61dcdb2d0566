from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.signal import pool
from theano.tensor.nnet import conv2d
rng = np.random.RandomState(23455)
def shared(shape):
    bound = np.sqrt(6. / np.prod(shape[1:]))
    return theano.shared(np.asarray(rng.uniform(-bound, bound, shape), theano.config.floatX), borrow=True)
x = T.matrix('x'); y = T.ivector('y')
W0 = shared((3, 1, 3, 3)); W1 = shared((4, 3, 3, 3)); W2 = shared((16, 5))
b = [theano.shared(np.zeros(n, theano.config.floatX)) for n in (3, 4, 5)]
h = x.reshape((6, 1, 14, 14))
for W, bias in ((W0, b[0]), (W1, b[1])):
    c = conv2d(input=h, filters=W)
    h = T.tanh(pool.pool_2d(input=c, ws=(2, 2), ignore_border=True) + bias.dimshuffle('x', 0, 'x', 'x'))
p = T.nnet.softmax(T.dot(h.flatten(2), W2) + b[2])
cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
params = [W0, W1, W2] + b
grads = T.grad(cost, params)
train = theano.function([x, y], cost, updates=[(q, q - .1 * g) for q, g in zip(params, grads)])
X = rng.uniform(0, 1, (6, 196)).astype(theano.config.floatX); Y = np.arange(6, dtype='int32') % 5
for i in range(8): print(i, train(X, Y))
print(theano.function([x], T.argmax(p, axis=1))(X))
