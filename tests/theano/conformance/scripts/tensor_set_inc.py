from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.matrix('x'); y = T.vector('y'); idx = T.lvector('idx')
X = np.zeros((3, 4), 'float32'); Y = np.asarray([1, 2, 3, 4], 'float32')
f = theano.function([x, y], [T.set_subtensor(x[1], y), T.inc_subtensor(x[:, 0], 5), T.set_subtensor(x[:2, 1:3], 7), T.inc_subtensor(x[-1, ::2], y[:2])])
for o in f(X, Y): print(o)
g = theano.function([x, y, idx], [T.set_subtensor(x[idx], y), T.inc_subtensor(x[idx], y), T.inc_subtensor(x[:, idx], 1)])
for o in g(X, Y, [0, 2, 0]): print(o)
z = T.set_subtensor(x[1], y)
print(theano.function([x, y], T.grad((z ** 2).sum(), [x, y]))(X + 1, Y))
s = theano.shared(X)
theano.function([], updates=[(s, T.inc_subtensor(s[1, 1], 3))])()
print(s.get_value())
