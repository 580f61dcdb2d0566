from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(2)
x = T.tensor4('x'); w = T.tensor4('w')
X = rng.randint(-3, 4, (2, 4, 8, 8)).astype('float32')
for flip in (True, False):
    W = rng.randint(-2, 3, (3, 4, 3, 3)).astype('float32')
    print(flip, theano.function([x, w], T.nnet.conv2d(x, w, filter_flip=flip))(X, W)[1, 2].tolist())
    print(flip, theano.function([x, w], T.nnet.conv2d(x, w, filter_flip=flip, filter_dilation=(2, 2)))(X, W)[1].tolist())
G = rng.randint(-2, 3, (6, 2, 3, 3)).astype('float32')
out = T.nnet.conv2d(x, w, num_groups=2)
for v in theano.function([x, w], [out] + T.grad((out ** 2).sum(), [x, w]))(X, G): print(v.shape, v.ravel()[::11].tolist())
