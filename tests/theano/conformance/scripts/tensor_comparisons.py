from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.vector('x'); y = T.vector('y')
f = theano.function([x, y], [T.lt(x, y), T.gt(x, y), T.le(x, y), T.ge(x, y), T.eq(x, y), T.neq(x, y), T.maximum(x, y), T.minimum(x, y), T.switch(x > y, x, -y), T.where(x < y, x, y), T.clip(x, 1, 2), T.and_(x > 1, y > 1), T.or_(x > 1, y > 1), T.invert(x > y), T.isnan(x / (y - y)), T.isinf(x / (y - y))])
for o in f(np.asarray([1, 2, 3], 'float32'), np.asarray([3, 2, 1], 'float32')): print(o.dtype, o.tolist())
i = T.ivector('i')
print(theano.function([i], [i & 3, i | 8, i ^ 1, ~i, T.bitwise_and(i, 2)])(np.asarray([1, 2, 3], 'int32')))
