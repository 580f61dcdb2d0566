"""Pooling over four axes, and means of windows that are nothing but padding."""
# flags: floatX=float64
from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.signal.pool import AveragePoolGrad, Pool

rng = np.random.RandomState(3)
x6 = T.TensorType('float64', (False,) * 6)('x6')
image = rng.rand(2, 1, 4, 5, 4, 3).astype('float64')
for mode in ('max', 'sum', 'average_inc_pad', 'average_exc_pad'):
    for border in (True, False):
        out = Pool(ndim=4, ignore_border=border, mode=mode)(x6, (2, 2, 3, 2))
        value = theano.function([x6], out)(image)
        print(mode, border, value.shape, [round(float(v), 5) for v in value.ravel()[:6]])
    grad = theano.function([x6], T.grad((out ** 2).sum(), x6))(image)
    print('gradient', [round(float(v), 5) for v in grad.ravel()[:8]], round(float(grad.sum()), 3))

x, g = T.tensor3s('xg')
values = rng.rand(1, 10, 5).astype('float64')
for mode in ('sum', 'average_inc_pad'):
    ws, stride, pad = (T.constant(np.array(v)) for v in ([3, 2], [2, 1], [2, 2]))
    out = Pool(ndim=2, ignore_border=True, mode=mode)(x, ws, stride, pad)
    pooled = theano.function([x], out)(values)
    print(mode, pooled.shape, np.round(pooled[0, :2], 5).tolist())
    back = AveragePoolGrad(ndim=2, ignore_border=True, mode=mode)(x, g, (3, 2), (2, 1), (2, 2))
    given = rng.rand(*pooled.shape).astype('float64')
    print(np.round(theano.function([x, g], back)(values, given)[0, :2], 5).tolist())
    twice = T.grad((back ** 2).sum(), g)
    print(np.round(theano.function([x, g], twice)(values, given)[0, :2], 5).tolist())
