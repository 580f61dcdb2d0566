from __future__ import print_function
import numpy as np, theano, theano.tensor as T
m = T.matrix('m')
def outer(row):
    inner, _ = theano.scan(lambda a, acc: acc + a, sequences=row, outputs_info=T.constant(np.asarray(0., 'float32')))
    return inner
out, _ = theano.scan(outer, sequences=m)
f = theano.function([m], [out, T.grad(out.sum(), m)])
for v in f(np.arange(6, dtype='float32').reshape(2, 3)): print(v)
