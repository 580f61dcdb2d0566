from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.signal.pool import pool_2d, pool_3d
X = np.random.RandomState(1).randint(-5, 6, (1, 1, 5, 5)).astype('float32')
x = T.tensor4('x')
for mode in ('max', 'sum', 'average_inc_pad', 'average_exc_pad'):
    print(mode, theano.function([x], pool_2d(x, (3, 3), ignore_border=True, stride=(2, 2), pad=(1, 1), mode=mode))(X))
V = np.random.RandomState(1).randint(-5, 6, (1, 4, 5, 6)).astype('float32')
print(theano.function([x], pool_3d(x, (2, 2, 2), ignore_border=True))(V))
try:
    pool_2d(x, (2, 2), ignore_border=False, pad=(1, 1))
except NotImplementedError as e:
    print('NotImplementedError', e)
