from __future__ import print_function
import numpy as np, theano, theano.tensor as T
x = T.vector('x')
for mode in ('FAST_RUN', 'FAST_COMPILE', theano.Mode(linker='py'), theano.compile.mode.Mode(linker='vm', optimizer='fast_run'), theano.compile.get_default_mode().excluding('fusion'), None):
    print(theano.function([x], (x ** 2 + T.exp(-x)).sum(), mode=mode)(np.asarray([1, 2, 3], 'float32')))
from theano.compile.nanguardmode import NanGuardMode
f = theano.function([x], T.log(x), mode=NanGuardMode(nan_is_error=True, inf_is_error=True, big_is_error=True))
print(f([1, 2]))
try:
    f([-1, 2])
except AssertionError:
    print('AssertionError')
