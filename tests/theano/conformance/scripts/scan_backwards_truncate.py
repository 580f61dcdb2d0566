from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.vector('x')
out, _ = theano.scan(lambda a, acc: acc + a, sequences=x, outputs_info=T.constant(np.asarray(0, 'float32')), go_backwards=True)
X = np.asarray([1, 2, 3, 4], 'float32')
print(theano.function([x], out)(X))
w = theano.shared(np.asarray(.5, 'float32'))
h, _ = theano.scan(lambda a, acc: acc * w + a, sequences=x, outputs_info=T.constant(np.asarray(0, 'float32')), truncate_gradient=2)
print(theano.function([x], T.grad(h[-1], w))(X))
h, _ = theano.scan(lambda a, acc: acc * w + a, sequences=x, outputs_info=T.constant(np.asarray(0, 'float32')))
print(theano.function([x], T.grad(h[-1], w))(X))
