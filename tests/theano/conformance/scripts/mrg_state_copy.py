from __future__ import print_function
import theano, theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams
a = MRG_RandomStreams(5); b = MRG_RandomStreams(6)
x = a.uniform((4,)); y = b.uniform((4,))
f = theano.function([], x); g = theano.function([], y)
f(); f()
for s, t in zip(a.state_updates, b.state_updates):
    t[0].set_value(s[0].get_value())
print(f(), g())
print(a.state_updates[0][0].get_value())
