from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.nnet.abstract_conv import conv2d_grad_wrt_inputs, conv2d_grad_wrt_weights, bilinear_upsampling
rng = np.random.RandomState(6)
x = T.tensor4('x'); w = T.tensor4('w'); g = T.tensor4('g')
G = rng.randint(-2, 3, (2, 3, 4, 4)).astype('float32'); W = rng.randint(-2, 3, (3, 2, 3, 3)).astype('float32')
up = conv2d_grad_wrt_inputs(g, w, input_shape=(None, 2, 9, 9), filter_shape=(3, 2, 3, 3), subsample=(2, 2))
print(theano.function([g, w], up)(G, W)[0, 1])
X = rng.randint(-2, 3, (2, 2, 9, 9)).astype('float32')
print(theano.function([x, g], conv2d_grad_wrt_weights(x, g, filter_shape=(3, 2, 3, 3), subsample=(2, 2)))(X, G)[2])
print(theano.function([x], bilinear_upsampling(x, ratio=2))(X[:, :, :3, :3])[0, 0])
