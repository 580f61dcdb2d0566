from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.tensor3('x')
X = np.asarray(np.random.RandomState(0).randint(-5, 6, (2, 3, 4)), 'float32')
for axis in (None, 0, 1, 2, (0, 2), [1, 2]):
    print(axis, [o.tolist() for o in theano.function([x], [x.sum(axis), x.max(axis), T.mean(x, axis), x.min(axis), T.sum(x, axis, keepdims=True)])(X)])
print([o.tolist() for o in theano.function([x], [x.var(), x.std(0), x.prod(2), T.argmax(x), T.argmin(x, axis=1), x.norm(2), T.any(x, axis=0), x.cumsum(axis=1), T.ptp(x, axis=0)])(X)])
m, a = T.max_and_argmax(x, axis=1)
print([o.tolist() for o in theano.function([x], [m, a])(X)])
i = T.bmatrix()
print(i.sum().dtype, i.mean().dtype, i.prod().dtype, T.sum(i, dtype='int8').dtype, i.max().dtype)
