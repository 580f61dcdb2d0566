"""Gradients that a script asks operations for, and gradients of operations that it constructs."""
# flags: floatX=float64
from __future__ import print_function
import numpy as np, theano, theano.tensor as T, theano.sparse as S
import scipy.sparse as sp

v = T.ivector('v')
m = T.matrix('m')
x = T.vector('x')
rows = np.array([0, 3, 0], dtype='int32')

# Of a scalar that is no tensor.
i = T.lscalar('i')
number = T.scalar_from_tensor(i)
print(number.owner.op.grad([i], [number])[0].type, theano.function([i], T.tensor_from_scalar(number))(5))

# Vectors on diagonals.
for offset, axis1, axis2 in ((0, 0, 1), (1, 0, 2), (-2, 1, 2)):
    op = T.AllocDiag(offset=offset, axis1=axis1, axis2=axis2)
    made = op(m)
    print(theano.function([m], made)(np.arange(1., 5.).reshape(2, 2)).tolist())
    print(theano.function([m], T.grad((made ** 2).sum(), m))(np.arange(1., 5.).reshape(2, 2)).tolist())
print(theano.function([x], T.AllocDiag()(x))(np.array([1., 2.])).tolist())

# A dense matrix times a sparse one.
s = S.csr_matrix('s', dtype='float64')
sv = sp.csr_matrix(np.arange(6.).reshape(3, 2))
print(theano.function([m, s], theano.dot(m, s))(np.ones((2, 3)), sv).tolist())
print(theano.function([m, s], theano.dot(s, m))(np.ones((2, 3)), sv).tolist())
print(theano.function([m, s], T.grad((theano.dot(m, s) ** 2).sum(), m))(np.ones((2, 3)), sv).tolist())
print(theano.dot(x[:, None], s).broadcastable, theano.dot(s, x[:, None]).broadcastable)
try:
    theano.dot(3, 4)
except NotImplementedError as error:
    print('NotImplementedError', error.args[0])

# Rows whose gradient is sparse.
for part in (theano.sparse_grad(m[v]), T.AdvancedSubtensor1(sparse_grad=True)(m, v)):
    g = theano.grad((part ** 2).sum(), m)
    print(type(g.type).__name__ != 'TensorType', theano.function([m, v], S.dense_from_sparse(g))(np.ones((4, 2)), rows).tolist())
t = T.tensor3('t')
try:
    theano.grad(theano.sparse_grad(t[v]).sum(), t)
except TypeError as error:
    print('TypeError')

# Shapes by their name.
print(theano.function([x], x.reshape(shape=(2, 2), ndim=2))(np.arange(4.)).tolist())
print(theano.function([x, v], x.reshape(shape=v, ndim=2))(np.arange(4.), np.array([4, 1], dtype='int32')).tolist())

# The operation that checks a shape.
check = theano.compile.SpecifyShape()
f = theano.function([m, v], check(m, v))
for shape in ([2, 3], [2, 2], [1], [2, 3, 1]):
    try:
        print(f(np.ones((2, 3)), np.array(shape, dtype='int32')).shape)
    except AssertionError:
        print('AssertionError', shape)
for shape in ([], [2, 2, 2]):
    try:
        check(m, shape)
    except AssertionError:
        print('AssertionError', shape)
print(theano.function([m], check(m, [2, 3]))(np.ones((2, 3))).shape)

# A mode, changed.
y = T.dscalar('y')
print(theano.function([y], y * 2, mode=theano.compile.mode.FAST_RUN.excluding('inplace'))(3.))
print(theano.function([y], y * 2, mode=theano.compile.FAST_RUN)(3.))
