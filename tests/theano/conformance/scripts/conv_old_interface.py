from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.nnet import conv
rng = np.random.RandomState(23455)
input = T.tensor4(name='input')
w_shp = (2, 3, 9, 9)
w_bound = np.sqrt(3 * 9 * 9)
W = theano.shared(np.asarray(rng.uniform(low=-1.0 / w_bound, high=1.0 / w_bound, size=w_shp), dtype=input.dtype), name='W')
b = theano.shared(np.asarray(rng.uniform(low=-.5, high=.5, size=(2,)), dtype=input.dtype), name='b')
conv_out = conv.conv2d(input, W)
output = T.nnet.sigmoid(conv_out + b.dimshuffle('x', 0, 'x', 'x'))
f = theano.function([input], output)
img = rng.uniform(0, 1, (1, 3, 16, 15)).astype(input.dtype)
out = f(img)
print(out.shape); print(out[0, :, 3])
full = conv.conv2d(input, W, border_mode='full', image_shape=(1, 3, 16, 15), filter_shape=w_shp)
print(theano.function([input], full)(img).sum(axis=(2, 3)))
