from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.vector('x')
X = np.asarray([-30, -3, -1, -.5, 0, .5, 1, 2.6, 30], 'float32')
n = T.nnet
for f in (n.sigmoid, n.ultra_fast_sigmoid, n.hard_sigmoid, n.softplus, n.relu, lambda z: n.relu(z, .2), n.elu, n.selu, n.nnet.softsign, T.tanh):
    print(theano.function([x], f(x))(X))
for f in (n.sigmoid, n.hard_sigmoid, n.softplus, n.relu, lambda z: n.relu(z, .2), n.elu, n.selu, T.tanh):
    print(theano.function([x], T.grad(f(x).sum(), x))(X))
