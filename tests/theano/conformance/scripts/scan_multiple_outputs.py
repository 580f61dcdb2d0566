from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.vector('x')
def step(a, b_tm1, c_tm2, c_tm1):
    return a * 2, b_tm1 + a, c_tm2 + c_tm1
(a, b, c), upd = theano.scan(step, sequences=[x], outputs_info=[None, T.constant(np.asarray(0., 'float32')), dict(initial=T.constant(np.asarray([1, 1], 'float32')), taps=[-2, -1])])
for v in theano.function([x], [a, b, c])(np.asarray([1, 2, 3, 4, 5], 'float32')): print(v)
