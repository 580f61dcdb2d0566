from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor.extra_ops import to_one_hot
a = T.ivector(); b = T.ivector()
cm, order = T.nnet.confusion_matrix(a, b)
print(theano.function([a, b], [cm, order])(np.asarray([2, 0, 2, 2, 0, 1], 'int32'), np.asarray([0, 0, 2, 2, 0, 2], 'int32')))
oh = theano.function([a], to_one_hot(a, 4))(np.asarray([3, 0, 1], 'int32'))
print(oh.dtype, oh.tolist())
