from __future__ import print_function
import theano, theano.tensor as T
print(theano.config.floatX, theano.config.device)
print(T.matrix().dtype, T.scalar().dtype, T.zeros(2).dtype)
theano.config.floatX = 'float64'
print(T.matrix().dtype, theano.config.floatX)
theano.config.floatX = 'float32'
print(T.matrix().dtype, theano.config.compute_test_value, theano.config.optimizer, theano.config.on_unused_input, theano.config.exception_verbosity)
with theano.configparser.change_flags(floatX='float64'):
    print(T.vector().dtype)
print(T.vector().dtype)
try:
    theano.config.floatX = 'nonsense'
except ValueError: print('ValueError')
