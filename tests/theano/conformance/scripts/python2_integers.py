from __future__ import print_function, division
import numpy as np, theano, theano.tensor as T
i, j = T.iscalars('i', 'j')
f = theano.function([i, j], [i // j, i % j, i / j, -i // j, T.floor_div(i, j) if hasattr(T, 'floor_div') else i // j, T.true_div(i, j)])
for o in f(7, 2): print(o.dtype, o)
for o in f(-7, 2): print(o.dtype, o)
