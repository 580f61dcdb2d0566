import numpy as np
import theano
import theano.tensor as T
from theano.tensor.extra_ops import CumOp, RepeatOp, Unique
from theano.tensor.sort import SortOp, ArgSortOp

X = np.array([[3, 1, 2], [1, 3, 1]], 'float32')
x = T.matrix('x')
print(theano.function([x], [CumOp()(x), CumOp(axis=-1)(x), CumOp(mode='mul')(x), CumOp(0)(x)])(X))
print(theano.function([x], T.grad(CumOp(mode='mul')(x).sum(), x))(X))
try:
    CumOp(axis=2)(x)
except ValueError as error:
    print(error)
n = T.lvector('n')
print(theano.function([x, n], RepeatOp()(x, n))(X, [1, 0, 2, 1, 1, 1]))
print(theano.function([x, n], RepeatOp(axis=0)(x, n))(X, [2, 1]))
print(theano.function([x], Unique(True, True, False)(x))(X))
print(theano.function([x], Unique(False, True, True)(x))(X))
print(theano.function([x], Unique()(x))(X))
print(theano.function([x], Unique(axis=-1)(x))(X))
try:
    Unique(axis=2)(x)
except RuntimeError as error:
    print(error)
axis = T.scalar('axis')
by = theano.function([x, axis], [SortOp('quicksort', None)(x, axis), T.sort(x, axis), T.argsort(x, axis)])
print(by(X, 0))
print(by(X, 1))
print(theano.function([x], ArgSortOp('mergesort', None)(x, 0))(X))
values, inverse = np.unique(X, return_inverse=True)
print(values, inverse.shape, values[inverse])
print(np.unique(X, return_index=True, return_counts=True))
