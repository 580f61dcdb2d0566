from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.signal import pool
rng = np.random.RandomState(9)
x = T.tensor4('x')
X = rng.randint(-5, 6, (1, 2, 7, 6)).astype('float32')
for mode in ('max', 'sum', 'average_inc_pad', 'average_exc_pad'):
    for border in (True, False):
        for ws, st in (((2, 2), None), ((3, 2), (2, 1)), ((2, 2), (3, 3))):
            out = pool.pool_2d(x, ws, ignore_border=border, stride=st, mode=mode)
            o, g = theano.function([x], [out, T.grad(out.sum(), x)])(X)
            print(mode, border, ws, st, o.shape, o[0, 0].tolist(), g[0, 1].tolist())
