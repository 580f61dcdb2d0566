# flags: floatX=float64
import numpy as np
import theano
import theano.tensor as T
from theano.tensor import nlinalg
from theano.sandbox import linalg

rng = np.random.RandomState(3)
A = rng.normal(size=(4, 3))
S = A.dot(A.T) + np.diag([1., 2., 3., 4.])
x = T.matrix('x')


def show(*values):
    for value in values:
        print(np.asarray(value).dtype, np.shape(value))
        print(np.round(value, 6) + 0.)


show(*theano.function([x], nlinalg.qr(x))(A))
show(*theano.function([x], nlinalg.qr(x, mode='complete'))(A))
show(theano.function([x], nlinalg.qr(x, mode='r'))(A))
show(*theano.function([x], nlinalg.qr(x, 'raw'))(A))
show(*theano.function([x], nlinalg.eig(S * 1. + 0 * x[0, 0]))(S))
show(*theano.function([x], nlinalg.Eig()(x))(S))
for uplo in 'LU':
    show(*theano.function([x], nlinalg.eigh(x, uplo))(S))
    upper = np.triu(S) if uplo == 'U' else np.tril(S)
    show(*theano.function([x], nlinalg.Eigh(uplo)(x))(upper))
    w, v = nlinalg.eigh(x, uplo)
    show(theano.function([x], T.grad((w * T.arange(4)).sum() + (v ** 3).sum(), x))(S))
show(*theano.function([x], nlinalg.svd(x))(A))
show(*theano.function([x], nlinalg.svd(x, full_matrices=0))(A))
show(theano.function([x], nlinalg.svd(x, compute_uv=False))(A))
show(theano.function([x], nlinalg.pinv(x))(A))
show(theano.function([x], nlinalg.matrix_inverse(x))(S))
show(theano.function([x], nlinalg.matrix_power(x, 3))(S))
show(theano.function([x], linalg.det(x))(S), theano.function([x], nlinalg.trace(x))(S))
v = T.vector('v')
for order in [None, 'inf', '-inf', 0, 1, 2, 3, -1, 0.5]:
    show(theano.function([v], nlinalg.norm(v, order))([1., -2., 0.5]))
for order in [None, 'fro', 'inf', '-inf', 1, -1]:
    show(theano.function([x], nlinalg.norm(x, order))(A))
for wrong, order in [(x, 2), (x, 'nuc'), (T.tensor3(), None), (T.scalar(), None), (v, 'fro')]:
    try:
        nlinalg.norm(wrong, order)
        print('made')
    except Exception as error:
        print(type(error).__name__)
b = T.matrix('b')
show(*theano.function([x, b], nlinalg.lstsq()(x, b, 1e-9))(A, A[:, :1] + 1))
show(theano.function([v], nlinalg.alloc_diag(v))([1., 2.]), theano.function([x], nlinalg.extract_diag(x))(A))
show(theano.function([x], nlinalg.diag(x))(S))
show(theano.function([x], nlinalg.matrix_dot(x, x.T, x))(A))
