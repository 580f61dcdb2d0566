from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.vector('x')
X = np.asarray([-1.7, -.5, 0, .5, 1.5, 2.5, 300.2], 'float32')
f = theano.function([x], [T.cast(x, d) for d in ('int8', 'int16', 'int32', 'int64', 'float32', 'float64')])
for o in f(X[:-1]): print(o.dtype, o.tolist())
print(theano.function([x], [T.round(x), T.floor(x), T.ceil(x), T.trunc(x), T.iround(x), T.round(x, mode='half_to_even'), T.round(x, mode='half_away_from_zero')])(X))
print(x.astype('int32').dtype, T.cast(x, 'floatX').dtype if False else 'float32')
i = T.ivector('i')
print(theano.function([i], [i / 2, i // 2, i % 3, -i // 2, -i % 3, i / 2.])(np.asarray([1, 2, 7], 'int32')))
