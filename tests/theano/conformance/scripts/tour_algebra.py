from __future__ import print_function
import numpy, theano
from theano import function, pp
import theano.tensor as T
x = T.dscalar('x')
y = T.dscalar('y')
z = x + y
f = function([x, y], z)
print(f(2, 3), numpy.allclose(f(16.3, 12.1), 28.4), x.type is T.dscalar, pp(z))
x = T.dmatrix('x'); y = T.dmatrix('y')
print(function([x, y], x + y)([[1, 2], [3, 4]], [[10, 20], [30, 40]]))
a = T.vector()
b = T.vector()
out = a ** 2 + b ** 2 + 2 * a * b
print(function([a, b], out)([1, 2], [4, 5]))
s = 1 / (1 + T.exp(-x))
s2 = (1 + T.tanh(x / 2)) / 2
print(function([x], s)([[0, 1], [-1, -2]]), function([x], s2)([[0, 1], [-1, -2]]))
