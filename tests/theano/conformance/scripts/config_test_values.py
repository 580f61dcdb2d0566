from __future__ import print_function
import numpy as np, theano, theano.tensor as T
theano.config.compute_test_value = 'raise'
x = T.matrix('x'); x.tag.test_value = np.ones((2, 3), 'float32')
y = x * 2
print(y.tag.test_value)
w = theano.shared(np.ones((4, 2), 'float32'))
try:
    T.dot(x, w)
except ValueError as e:
    print('ValueError')
z = T.matrix('z')
try:
    z + 1
except (AttributeError, ValueError): print('no test value')
theano.config.compute_test_value = 'off'
print((z + 1).type)
