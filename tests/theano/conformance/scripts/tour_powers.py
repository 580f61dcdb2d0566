from __future__ import print_function
import theano, theano.tensor as T
x = T.scalar('x'); n = T.scalar('n')
A = T.matrix('A'); v = T.vector('v')
square = theano.function([x], x ** 2)
power = theano.function([x, n], x ** n)
product = theano.function([A, v], T.dot(A, v))
print(square(3), power(2, 5), product([[1, 2], [3, 4]], [5, 6]))
print(theano.function([x], T.grad(x ** 2, x))(4), (x ** 3).eval({x: 2.}))
w = theano.shared(4.)
descend = theano.function([], w ** 2, updates=[(w, w - .25 * T.grad(w ** 2, w))])
for i in range(5): print(descend(), w.get_value())
