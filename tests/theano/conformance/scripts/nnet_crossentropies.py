from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.nnet import binary_crossentropy, categorical_crossentropy, sigmoid_binary_crossentropy
x = T.matrix('x'); y = T.ivector('y'); t = T.matrix('t')
X = np.asarray([[.1, .2, .7], [.5, .25, .25]], 'float32'); Y = np.asarray([2, 0], 'int32')
ONE = np.asarray([[0, 0, 1], [1, 0, 0]], 'float32')
print(theano.function([x, y], categorical_crossentropy(x, y))(X, Y))
print(theano.function([x, t], categorical_crossentropy(x, t))(X, ONE))
print(theano.function([x, t], binary_crossentropy(x, t))(X, ONE))
A = np.asarray([[-100, 0, 3], [50, -3, 200]], 'float32')
print(theano.function([x, t], sigmoid_binary_crossentropy(x, t))(A, ONE))
print(theano.function([x, t], binary_crossentropy(T.nnet.sigmoid(x), t))(A, ONE))
c = categorical_crossentropy(T.nnet.softmax(x), y)
print(theano.function([x, y], [c, T.grad(c.mean(), x)])(A, Y))
