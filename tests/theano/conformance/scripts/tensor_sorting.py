from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.matrix('x')
X = np.asarray([[3, 1, 2], [9, 7, 8]], 'float32')
print(theano.function([x], [T.sort(x), T.sort(x, axis=0), T.argsort(x), T.argsort(x, axis=None), T.grad((T.sort(x)[:, 0] ** 2).sum(), x)])(X))
from theano.tensor import topk, argtopk, topk_and_argtopk
v, k = theano.function([x], topk_and_argtopk(x, 1, sorted=False))(X)
print(v.tolist(), k.tolist())
print(np.sort(theano.function([x], topk(x, 2, sorted=False))(X)).tolist(), np.sort(theano.function([x], argtopk(x, -2, sorted=False))(X)).tolist())
