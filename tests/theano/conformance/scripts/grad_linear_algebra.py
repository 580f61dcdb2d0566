from __future__ import print_function
# flags: floatX=float64
import numpy as np, theano, theano.tensor as T
from theano.tensor import nlinalg, slinalg
A = np.asarray([[2., .5], [.5, 1.]]); B = np.asarray([[1., 2.], [3., 4.]])
a = T.matrix('a'); b = T.matrix('b')
print(theano.function([a], [nlinalg.matrix_inverse(a), nlinalg.det(a), nlinalg.trace(a), nlinalg.diag(a), nlinalg.extract_diag(a)])(A))
print(theano.function([a], T.grad(nlinalg.det(a), a))(A))
print(theano.function([a], T.grad(nlinalg.matrix_inverse(a).sum(), a))(A))
print(theano.function([a], [slinalg.cholesky(a), T.grad(slinalg.cholesky(a).sum(), a)])(A))
print(theano.function([a, b], slinalg.solve(a, b))(A, B))
print(theano.function([a, b], slinalg.kron(a, b))(A, B))
print([np.abs(v) for v in theano.function([a], nlinalg.eigh(a))(A)])
print([np.abs(v) for v in theano.function([a], nlinalg.svd(a))(A)])
print(theano.function([a, b], [T.dot(a, b), T.tensordot(a, b, axes=1), T.outer(a[0], b[0])])(A, B))
