# The guided tour: symbols, functions, gradients, shared variables, gradient descent.
from __future__ import print_function
import numpy as np
import theano as th
from theano import tensor as T

x = T.dscalar('x')
v = T.dvector('v')
A = T.dmatrix('A')
print(x, x.type, v, v.type, A, A.type)
square = x * x
power = lambda variable, n: variable ** n
Av = T.dot(A, v)
print(square.type, Av.type)
f = th.function([x], [square, power(x, 10)])
print(f(2.))
m, vec = np.ones((2, 2)), np.asarray([1, 2])
g = th.function([A, v], Av)
print(g(m, vec), Av.eval({A: m, v: vec}))
w = T.dvector('w')
vTw = T.dot(v, w)
gradient = T.grad(vTw, w)
print(th.function([v, w], gradient, on_unused_input='ignore')([0., 2.], [1., 1.]), gradient.type)
B = th.shared(np.ones((2, 2)), name='B')
print(B.get_value())
B.set_value(np.zeros((2, 2)))
print(B.get_value(), B.type)
n = T.dscalar('n')
steps = th.function([n], B.sum(), updates=[(B, B + n)])
print(steps(1.), steps(1.), B.get_value())
y = th.shared(10., 'y')
cost = (y - 3) ** 2
descend = th.function([], cost, updates=[(y, y - 0.1 * T.grad(cost, y))])
for i in range(40):
    last = descend()
print('%.6f %.6f' % (last, y.get_value()))
print(th.pp(square), th.pp(T.grad(x ** 2, x)) != '')
