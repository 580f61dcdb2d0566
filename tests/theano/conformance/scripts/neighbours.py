from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.nnet.neighbours import images2neibs, neibs2images
images = T.tensor4('images')
neibs = images2neibs(images, neib_shape=(5, 5))
f = theano.function([images], neibs)
im_val = np.arange(2 * 10 * 10, dtype='float32').reshape((1, 2, 10, 10))
print(f(im_val))
im_new = neibs2images(neibs, (5, 5), im_val.shape)
inv = theano.function([images], im_new)
print(np.all(inv(im_val) == im_val))
print(theano.function([images], images2neibs(images, (3, 3), neib_step=(2, 2), mode='ignore_borders'))(im_val[:, :1]).sum(axis=1))
print(theano.function([images], images2neibs(images, (3, 3), neib_step=(1, 1), mode='wrap_centered'))(im_val[:, :1, :4, :4]))
