from __future__ import print_function
import numpy as np, scipy.sparse as sp, theano
from theano import sparse, tensor as T
data = T.vector('data'); idx = T.ivector('idx'); ptr = T.ivector('ptr'); shape = T.ivector('shape')
f = theano.function([data, idx, ptr, shape], sparse.CSR(data, idx, ptr, shape))
out = f(np.asarray([1, 2, 3], 'float32'), np.asarray([0, 2, 1], 'int32'), np.asarray([0, 2, 3], 'int32'), np.asarray([2, 3], 'int32'))
print(out.toarray(), out.format)
s = theano.shared(sp.csc_matrix(np.eye(3, dtype='float32')))
print(s.format, s.get_value().toarray())
x = sparse.csc_matrix('x', dtype='float32')
print(theano.function([x], sparse.sub(x, s))(sp.csc_matrix(np.ones((3, 3), 'float32'))).toarray())
print(theano.function([x], sparse.mul(x, s))(sp.csc_matrix(np.ones((3, 3), 'float32') * 4)).toarray())
