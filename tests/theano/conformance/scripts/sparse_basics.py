from __future__ import print_function
import numpy as np, scipy.sparse as sp, theano, theano.tensor as T
from theano import sparse
x = sparse.csr_matrix('x', dtype='float32'); d = T.matrix('d')
X = sp.csr_matrix(np.asarray([[0, 1, 1], [0, 0, 0], [1, 0, 0]], 'float32')); D = np.arange(6, dtype='float32').reshape(3, 2)
f = theano.function([x, d], sparse.structured_dot(x, d))
print(f(X, D))
data, indices, indptr, shape = sparse.csm_properties(x)
print([np.asarray(v).tolist() for v in theano.function([x], [data, indices, indptr, shape])(X)])
y = sparse.structured_add(x, 2)
print(theano.function([x], y)(X).toarray())
print(theano.function([x], sparse.dense_from_sparse(x * 2))(X))
print(theano.function([d], sparse.csr_from_dense(d))(D).toarray())
print(theano.function([x], sparse.sp_sum(x, axis=0))(X), theano.function([x], x.T)(X).toarray())
print(x.dtype, x.format)
print(theano.function([x, d], sparse.dot(x, d))(X, D), theano.function([x, d], T.grad(sparse.structured_dot(x, d).sum(), d))(X, D))
