from __future__ import print_function
# flags: floatX=float64
import numpy as np, theano, theano.tensor as T
from theano.tensor import fft
x = T.matrix('x')
X = np.zeros((1, 8)); X[:, 2:5] = 1
r = fft.rfft(x)
print(np.round(theano.function([x], r)(X), 5))
print(np.round(theano.function([x], fft.irfft(r))(X), 5))
from theano.tensor.nlinalg import norm, matrix_power, pinv, matrix_dot, qr
A = T.matrix('A'); V = np.asarray([[3., 1.], [1., 2.]])
print(theano.function([A], [matrix_power(A, 3), pinv(A), matrix_dot(A, A, A), A.norm(2), A.norm(1)])(V))
print([np.abs(o) for o in theano.function([A], qr(A))(V)])
