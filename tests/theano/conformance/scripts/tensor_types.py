from __future__ import print_function
import theano, theano.tensor as T
for t in (T.scalar, T.vector, T.matrix, T.row, T.col, T.tensor3, T.tensor4, T.ivector, T.dmatrix, T.lscalar, T.bmatrix, T.ftensor4):
    v = t('v')
    print(v, v.type, v.dtype, v.ndim, v.broadcastable)
print(T.TensorType('float32', (False, True))(), T.TensorType('int64', ())().type)
a, b = T.matrices('a', 'b'); c, d, e = T.scalars('cde')
print(a, b, c, d, e, T.dot(a, b).type)
print(T.fmatrix().type == T.matrix().type, T.matrix().type == T.dmatrix().type, isinstance(a, T.TensorVariable), isinstance(T.constant(1), T.TensorConstant))
