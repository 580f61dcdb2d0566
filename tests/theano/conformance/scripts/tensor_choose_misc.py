from __future__ import print_function
import numpy as np, theano, theano.tensor as T
i = T.ivector('i'); x = T.vector('x')
print(theano.function([i], T.choose(i, [np.asarray([1, 2, 3], 'int32'), np.asarray([10, 20, 30], 'int32')]))(np.asarray([0, 1, 0], 'int32')))
print(theano.function([x], [T.largest(x, 2), T.smallest(x, 2), T.nan_to_num(x) if hasattr(T, 'nan_to_num') else x, x.clip(1, 2), T.mgrid[0:2, 0:2][0]])(np.asarray([1, 2, 3], 'float32')))
print(T.get_scalar_constant_value(T.constant(5)), T.constant(2.).value, T.constant([1, 2]).data)
print(theano.function([x], T.permute_row_elements(x, T.constant([2, 0, 1])))(np.asarray([1, 2, 3], 'float32')))
print(T.as_tensor([1, 2]).type, T.vector().type == T.fvector().type, T.matrix().type.ndim, T.TensorType('float32', (True, False)).broadcastable)
