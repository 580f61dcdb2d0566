from __future__ import print_function
import numpy as np, theano, theano.tensor as T
n = T.iscalar('n'); x = T.matrix('x')
f = theano.function([n], [T.zeros((n, 2)), T.ones((2,)), T.eye(n), T.arange(n), T.arange(1, n, 2), T.alloc(5, n, 2), T.identity_like(T.zeros((n, n))), T.fill(T.zeros((n,)), 3)])
for o in f(3): print(o.dtype, o.tolist())
print(theano.function([x], [T.zeros_like(x), T.ones_like(x, dtype='int32'), T.tri(3), T.tril(x), T.triu(x), T.diag(x)])(np.arange(9, dtype='float32').reshape(3, 3)))
print(T.constant(3).dtype, T.constant(300).dtype, T.constant(3.5).dtype, T.as_tensor_variable([1, 2]).dtype, T.as_tensor_variable(np.ones(2)).dtype)
print(T.zeros((2, 3)).eval(), T.arange(5.).dtype, T.arange(5, dtype='float32').dtype)
