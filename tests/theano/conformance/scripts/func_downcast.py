from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.fvector('x'); i = T.bscalar('i')
for kw in ({}, {'allow_input_downcast': True}, {'allow_input_downcast': False}):
    f = theano.function([x, i], x * i, **kw)
    for args in (([1, 2], 3), (np.asarray([1., 2.]), 3), (np.asarray([1, 2], 'float32'), 100)):
        try:
            print(f(*args).tolist())
        except TypeError:
            print('TypeError', sorted(kw.items()))
