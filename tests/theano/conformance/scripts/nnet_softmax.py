from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.matrix('x'); v = T.vector('v')
X = np.asarray([[1, 2, 3], [0, 0, 0], [-200, 0, 200]], 'float32')
s = T.nnet.softmax(x)
print(theano.function([x], s)(X))
print(theano.function([v], T.nnet.softmax(v))(X[0]))
print(theano.function([x], T.grad((s ** 2).sum(), x))(X))
print(theano.function([x], T.log(s))(X))
print(theano.function([x], T.nnet.logsoftmax(x))(X))
print(T.nnet.softmax(v).ndim, T.nnet.softmax(v).broadcastable)
