from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(0)
x = T.tensor4('x'); w = T.tensor4('w')
X = rng.randint(-3, 4, (2, 3, 7, 6)).astype('float32'); W = rng.randint(-2, 3, (4, 3, 3, 2)).astype('float32')
for mode in ('valid', 'full', 'half', 1, (2, 1)):
    f = theano.function([x, w], T.nnet.conv2d(x, w, border_mode=mode))
    out = f(X, W)
    print(mode, out.shape, out.dtype, out[0, 1].tolist(), out.sum())
