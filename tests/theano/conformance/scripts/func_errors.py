from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.matrix('x'); y = T.vector('y')
f = theano.function([x, y], T.dot(x, y))
def attempt(tag, call):
    try:
        print(tag, call())
    except Exception as e:
        print(tag, type(e).__name__)
attempt('shape', lambda: f(np.ones((2, 3), 'float32'), np.ones(2, 'float32')))
attempt('ndim', lambda: f(np.ones(3, 'float32'), np.ones(3, 'float32')))
attempt('few', lambda: f(np.ones((2, 3), 'float32')))
attempt('many', lambda: f(1, 2, 3))
attempt('keyword', lambda: f(np.ones((2, 3), 'float32'), z=3))
attempt('unused', lambda: theano.function([x, y], x))
attempt('missing', lambda: theano.function([x], y))
attempt('output', lambda: theano.function([x], 'a'))
attempt('grad', lambda: T.grad(x, x))
attempt('disconnected', lambda: T.grad(x.sum(), y))
attempt('twice', lambda: theano.function([x, x], x))
attempt('nonshared update', lambda: theano.function([x], x, updates=[(y, y)]))
