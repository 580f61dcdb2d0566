from __future__ import print_function
import theano, theano.tensor as T
x = T.dvector('x')
y = x ** 2
J, updates = theano.scan(lambda i, y, x: T.grad(y[i], x), sequences=T.arange(y.shape[0]), non_sequences=[y, x])
print(theano.function([x], J, updates=updates)([4, 4]))
cost = y.sum()
gy = T.grad(cost, x)
H, updates = theano.scan(lambda i, gy, x: T.grad(gy[i], x), sequences=T.arange(gy.shape[0]), non_sequences=[gy, x])
print(theano.function([x], H, updates=updates)([4, 4]))
print(theano.function([x], theano.gradient.jacobian(y, x))([1, 2]))
print(theano.function([x], theano.gradient.hessian(cost, x))([1, 2]))
