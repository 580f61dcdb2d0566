from __future__ import print_function
import numpy as np, theano, theano.tensor as T
v = T.vector('v'); m = T.matrix('m')
out, _ = theano.map(lambda row, k: (row * k).sum(), sequences=m, non_sequences=v)
red, _ = theano.reduce(lambda x, acc: acc + x ** 2, sequences=v, outputs_info=T.constant(0.))
fl, _ = theano.foldl(lambda x, acc: acc * 2 + x, sequences=v, outputs_info=T.constant(0.))
fr, _ = theano.foldr(lambda x, acc: acc * 2 + x, sequences=v, outputs_info=T.constant(0.))
V = np.asarray([1, 2, 3], 'float32'); M = np.arange(6, dtype='float32').reshape(2, 3)
print(theano.function([v, m], out)(V, M))
print([float(x) for x in theano.function([v], [red, fl, fr])(V)])
