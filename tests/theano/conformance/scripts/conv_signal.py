from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.signal import conv
a = np.arange(20, dtype='float32').reshape(4, 5); k = np.asarray([[1, 2], [3, -1]], 'float32')
x = T.matrix('x'); y = T.matrix('y'); z = T.tensor3('z')
for mode in ('valid', 'full'):
    print(theano.function([x, y], conv.conv2d(x, y, border_mode=mode))(a, k))
print(theano.function([z, y], conv.conv2d(z, y))(np.asarray([a, a + 1]), k))
print(theano.function([x, z], conv.conv2d(x, z))(a, np.asarray([k, k * 2])))
