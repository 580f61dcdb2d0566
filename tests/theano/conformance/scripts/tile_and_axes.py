import numpy as np
import theano
import theano.tensor as T

x = T.matrix('x')
reps = T.ivector('reps')
X = np.array([[1, 2], [3, 0]], 'float32')
print(theano.function([x, reps], T.tile(x, reps, ndim=2))(X, np.array([2, 1], 'int32')))
print(theano.function([x, reps], T.tile(x, reps, ndim=3))(X, np.array([2, 1, 2], 'int32')).shape)
print(theano.function([x], T.max_and_argmax(x, axis=T.constant(0)))(X))
print(theano.function([x], T.max_and_argmax(x, axis=[0, 1]))(X))
print(theano.function([x], T.max_and_argmax(x, axis=T.constant([1])))(X))
values, where = T.max_and_argmax(x, axis=1, keepdims=True)
print(theano.function([x], [values, where, T.grad(values.sum(), x)])(X))
