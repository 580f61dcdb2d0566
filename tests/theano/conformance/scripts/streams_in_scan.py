from __future__ import print_function
import theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
s = RandomStreams(3)
def step(x):
    return x + s.uniform((2,))
out, updates = theano.scan(step, outputs_info=T.zeros((2,)), n_steps=4)
f = theano.function([], out, updates=updates)
print(f())
print(f())
