from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.nnet import crossentropy_softmax_1hot, crossentropy_softmax_argmax_1hot_with_bias, crossentropy_softmax_1hot_with_bias
x = T.matrix('x'); b = T.vector('b'); y = T.lvector('y')
X = np.asarray([[1, 2, 3], [300, 0, -300]], 'float32'); B = np.asarray([0, 1, -1], 'float32'); Y = np.asarray([1, 2])
nll, sm, am = crossentropy_softmax_argmax_1hot_with_bias(x, b, y)
f = theano.function([x, b, y], [nll, sm, am] + T.grad(nll.sum(), [x, b]))
for v in f(X, B, Y): print(v.dtype, v.tolist())
print(theano.function([x, y], crossentropy_softmax_1hot(x, y)[0])(X, Y))
try:
    f(X, B, np.asarray([-1, 0]))
except ValueError as e:
    print('ValueError')
