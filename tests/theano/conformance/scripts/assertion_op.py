from __future__ import print_function
import theano, theano.tensor as T
from theano.tensor.opt import Assert
x = T.vector('x')
f = theano.function([x], Assert('x must be positive')(x, T.all(x > 0)) * 2)
print(f([1, 2]))
try:
    f([1, -2])
except AssertionError as e:
    print('AssertionError', 'x must be positive' in str(e))
