from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano import OpFromGraph
x, y, z = T.scalars('xyz')
op = OpFromGraph([x, y, z], [x + y * z])
e2 = op(x, y, z) + op(z, y, x)
fn = theano.function([x, y, z], [e2] + T.grad(e2, [x, y, z]))
print([float(v) for v in fn(2., 3., 4.)])
s = theano.shared(np.float32(7))
op = OpFromGraph([x], [x * s])
print(theano.function([x], op(x))(2.))
