from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.nnet.conv3d2d import conv3d
rng = np.random.RandomState(5)
tensor5 = T.TensorType('float32', (False,) * 5)
x = tensor5('x'); w = tensor5('w')
X = rng.randint(-2, 3, (2, 4, 2, 5, 5)).astype('float32'); W = rng.randint(-2, 3, (3, 2, 2, 2, 3)).astype('float32')
for mode in ('valid', 'full', ('valid', 'full', 'full')):
    out = theano.function([x, w], conv3d(x, w, border_mode=mode))(X, W)
    print(mode, out.shape, out.ravel()[::17].tolist())
