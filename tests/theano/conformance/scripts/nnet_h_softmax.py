from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(1)
x = T.matrix('x'); y = T.ivector('y')
sh = [theano.shared(rng.normal(size=s).astype('float32')) for s in ((5, 3), (3,), (3, 5, 4), (3, 4))]
X = rng.normal(size=(2, 5)).astype('float32')
p = T.nnet.h_softmax(x, 2, 10, 3, 4, *sh)
q = T.nnet.h_softmax(x, 2, 10, 3, 4, sh[0], sh[1], sh[2], sh[3], target=y)
P = theano.function([x], p)(X)
print(P.shape, P.tolist())
print(theano.function([x, y], q)(X, np.asarray([7, 2], 'int32')))
