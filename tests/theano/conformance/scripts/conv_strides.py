from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(1)
x = T.tensor4('x'); w = T.tensor4('w')
X = rng.randint(-3, 4, (2, 2, 9, 8)).astype('float32'); W = rng.randint(-2, 3, (3, 2, 3, 3)).astype('float32')
for mode in ('valid', 'full', 'half'):
    for sub in ((2, 2), (1, 3), (3, 1)):
        out = T.nnet.conv2d(x, w, border_mode=mode, subsample=sub)
        f = theano.function([x, w], [out] + T.grad(out.sum(), [x, w]))
        for v in f(X, W): print(mode, sub, v.shape, v.ravel()[::7].tolist())
