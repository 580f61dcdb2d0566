from __future__ import print_function
import numpy as np, theano, theano.tensor as T
w = theano.shared(np.ones((2, 2), 'float32'), name='w')
b = theano.shared(value=np.zeros((2,), dtype=theano.config.floatX), name='b', borrow=True)
print(w, b, w.name, w.broadcastable)
c = theano.shared(np.ones((1, 3), 'float32'), broadcastable=(True, False))
print(c.type)
x = T.vector('x')
y = T.dot(x, w) + b
z = theano.clone(y, replace={b: b + 1})
print(theano.function([x], [y, z])([1, 2]))
z2 = theano.clone(y, replace={x: x * 10}, share_inputs=True)
print(theano.function([x], z2)([1, 2]))
print(theano.gof.graph.inputs([y]), len(theano.gof.graph.inputs([y])))
