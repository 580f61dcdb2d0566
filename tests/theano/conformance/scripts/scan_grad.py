from __future__ import print_function
import numpy as np, theano, theano.tensor as T
W = theano.shared(np.asarray([[.1, -.2], [.3, .4]], 'float32'), name='W')
h0 = T.vector('h0'); x = T.matrix('x')
h, _ = theano.scan(lambda x_t, h_tm1: T.tanh(x_t + T.dot(h_tm1, W)), sequences=x, outputs_info=h0)
cost = (h[-1] ** 2).sum()
f = theano.function([x, h0], [cost] + T.grad(cost, [W, h0, x]))
for v in f(np.asarray([[1, 2], [.5, -1], [0, .3]], 'float32'), np.asarray([.1, .2], 'float32')): print(v.tolist())
