from __future__ import print_function
# flags: floatX=float64
import numpy as np, theano, theano.tensor as T
x = T.matrix('x')
X = np.asarray([[1., 2., 2.], [3., -1., 4.]])
for name in 'sum mean prod max min var std'.split():
    for axis in (None, 0, 1):
        r = getattr(x, name)(axis=axis) if hasattr(x, name) else getattr(T, name)(x, axis=axis)
        print(name, axis, theano.function([x], [r, T.grad(r.sum(), x)])(X))
print(theano.function([x], [x.argmax(), x.argmin(axis=1), T.argmax(x, axis=0)])(X))
