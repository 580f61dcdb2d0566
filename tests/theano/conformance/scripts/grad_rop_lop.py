from __future__ import print_function
import theano, theano.tensor as T
W = T.dmatrix('W'); V = T.dmatrix('V'); x = T.dvector('x'); v = T.dvector('v')
y = T.dot(x, W)
JV = T.Rop(y, W, V)
f = theano.function([W, V, x], JV, on_unused_input='ignore')
print(f([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1]))
VJ = T.Lop(y, W, v)
f = theano.function([v, x], VJ)
print(f([2, 2], [0, 1]))
y = T.sum(x ** 2)
gy = T.grad(y, x)
print(theano.function([x, v], T.grad(T.sum(gy * v), x))([4, 4], [2, 2]))
print(theano.function([x, v], T.Rop(gy, x, v))([4, 4], [2, 2]))
