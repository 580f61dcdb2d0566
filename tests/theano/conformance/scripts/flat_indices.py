import numpy as np
import theano
import theano.tensor as T

i = T.lvector('i')
dims = T.lvector('dims')
j = T.lvector('j')
print(theano.function([i], T.unravel_index(i, (3, 4), order='C'))(np.array([0, 5, 11])))
print(theano.function([i, dims], T.unravel_index(i, dims, 'C', ndim=2))(np.array([0, 5, 11]), np.array([3, 4])))
try:
    theano.function([i], T.unravel_index(i, (3, 4)))(np.array([12]))
except ValueError:
    print('no such entry')
for order in 'CF':
    print(theano.function([i, j], T.ravel_multi_index((i, j), (3, 4), order=order))(np.array([0, 2, 1]), np.array([3, 1, 0])))
print(theano.function([i], T.unravel_index(i, (12,)))(np.array([7])))
print(theano.function([i, j], T.ravel_multi_index((i, j), (3, 4), mode='wrap'))(np.array([0, 5, 1]), np.array([3, 1, -1])))
print(theano.function([i, j], T.ravel_multi_index((i, j), (3, 4), 'clip'))(np.array([0, 5, 1]), np.array([3, 1, -1])))
for wrong in [lambda: T.unravel_index(i, dims), lambda: T.unravel_index(T.vector(), (3, 4)), lambda: T.unravel_index(i, dims, ndim=0), lambda: T.ravel_multi_index(i, (3, 4))]:
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__)
