from __future__ import print_function
import numpy as np, theano
a = np.zeros(3, 'float32')
s_default = theano.shared(a); s_false = theano.shared(a, borrow=False); s_true = theano.shared(a, borrow=True)
a += 1
print(s_default.get_value(), s_false.get_value(), s_true.get_value())
v = s_default.get_value(); v += 5
print(s_default.get_value())
w = s_default.get_value(borrow=True); w += 7
print(s_default.get_value())
s_default.set_value(np.arange(4, dtype='float32'))
print(s_default.get_value(), s_default.type, s_default.dtype, s_default.ndim)
for value in (1, 1.5, True, np.float32(2), [1, 2], 'text', np.ones((2, 1), 'int8')):
    s = theano.shared(value)
    print(s.type, s.get_value())
try:
    s_true.set_value(np.zeros((2, 2), 'float32'))
except TypeError: print('TypeError')
try:
    s_true.set_value(np.zeros(2, 'float64'))
except TypeError: print('TypeError')
