from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(8)
x = T.tensor4('x'); w = T.tensor4('w'); v = T.tensor4('v')
X = rng.randint(-2, 3, (1, 1, 5, 5)).astype('float32'); W = rng.randint(-2, 3, (2, 1, 2, 2)).astype('float32'); V = rng.randint(-1, 2, (2, 1, 2, 2)).astype('float32')
out = T.nnet.conv2d(x, w)
print(theano.function([x, w, v], T.Rop(out, w, v), on_unused_input='ignore')(X, W, V))
print(theano.function([x, w], T.Lop(out, w, out))(X, W))
