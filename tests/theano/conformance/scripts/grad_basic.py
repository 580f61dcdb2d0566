from __future__ import print_function
import theano, theano.tensor as T
from theano import pp
x = T.dscalar('x')
y = x ** 2
gy = T.grad(y, x)
print(pp(gy))
f = theano.function([x], gy)
print(f(4), f(94.2))
m = T.dmatrix('m')
s = T.sum(1 / (1 + T.exp(-m)))
print(theano.function([m], T.grad(s, m))([[0, 1], [-1, -2]]))
