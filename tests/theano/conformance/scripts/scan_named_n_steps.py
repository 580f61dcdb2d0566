from __future__ import print_function
import theano, theano.tensor as T
a = T.scalar('a'); n = T.lscalar('n')
res, upd = theano.scan(fn=lambda i, s: s + i, sequences=[T.arange(n)], outputs_info=[T.zeros_like(a, dtype='int64')], name='my_scan')
print(theano.function([n, a], res, on_unused_input='ignore')(5, 1.))
res, upd = theano.scan(lambda x: x * a, outputs_info=[T.constant(1., dtype=theano.config.floatX)], n_steps=3)
print(theano.function([a], res)(2.))
