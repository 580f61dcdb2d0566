from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.matrix('x')
X = np.asarray([[1, -2, 3], [-4, 5, -6]], 'float32')
f = theano.function([x], [x[(x > 0).nonzero()], T.set_subtensor(x[(x < 0).nonzero()], 0), T.nonzero(x > 0)[0], T.flatnonzero(x > 0), T.nonzero_values(x * (x > 0))])
for o in f(X): print(o)
print(theano.function([x], x[x > 2])(X))
print(theano.function([x], T.grad(x[x > 2].sum(), x))(X))
print(theano.function([x], [(x > 0).sum(), T.any(x > 4), T.all(x > 4), T.eq(x, 3).sum(), T.neq(x, 3).sum()])(X))
