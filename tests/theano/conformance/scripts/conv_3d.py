from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(4)
tensor5 = T.TensorType('float32', (False,) * 5)
x = tensor5('x'); w = tensor5('w')
X = rng.randint(-2, 3, (1, 2, 4, 5, 6)).astype('float32'); W = rng.randint(-2, 3, (3, 2, 2, 3, 2)).astype('float32')
for mode in ('valid', 'full', 'half', (1, 0, 2)):
    out = T.nnet.conv3d(x, w, border_mode=mode, subsample=(1, 2, 1))
    for v in theano.function([x, w], [out] + T.grad(out.sum(), [x, w]))(X, W): print(mode, v.shape, v.ravel()[::13].tolist())
