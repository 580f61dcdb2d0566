from __future__ import print_function
import theano, theano.tensor as T
from theano import pp
x = T.dscalar('x'); y = T.dscalar('y'); m = T.dmatrix('m'); v = T.dvector('v')
for e in (x + y, x - y, x * y, x / y, x ** 2, -x, T.exp(x), T.log(x), m.T, T.tanh(m), x + y * 2, (x + y) * 2, T.sqrt(x), abs(x), T.maximum(x, y)):
    print(pp(e))
