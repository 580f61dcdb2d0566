from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x, y = T.dscalars('x', 'y')
z = x + y
print(np.allclose(z.eval({x: 16.3, y: 12.1}), 28.4))
print((T.arange(5) ** 2).eval(), T.dot(np.eye(2), [1., 2.]).eval())
v = T.dvector('v')
print((v * 2).eval({v: [1, 2, 3]}))
s = theano.shared(np.asarray([1., 2.]))
print((s + 1).eval())
