from __future__ import print_function
import numpy as np, theano, theano.tensor as T
data = theano.shared(np.arange(20, dtype='float32').reshape(10, 2))
labels = T.cast(theano.shared(np.arange(10, dtype='float32')), 'int32')
x = T.matrix('x'); y = T.ivector('y'); index = T.lscalar()
f = theano.function([index], [x.sum(axis=1), y], givens={x: data[index * 3:(index + 1) * 3], y: labels[index * 3:(index + 1) * 3]})
for i in range(4):
    a, b = f(i)
    print(a, b)
z = T.scalar('z')
print(theano.function([z], z ** 2, givens=[(z, z + 1)])(3.) if False else 'ok')
