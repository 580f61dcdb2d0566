from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.tensor import raw_random
from theano.tensor.raw_random import random_state_type
r = random_state_type()
post, out = raw_random.uniform(r, (3,))
f = theano.function([theano.In(r, value=np.random.RandomState(55), update=post, mutable=True)], out, accept_inplace=True)
print(f(), f())
post, out = raw_random.random_integers(r, (4,), low=0, high=10)
post2, out2 = raw_random.normal(post, (2,))
g = theano.function([r], [out, out2])
print([v.tolist() for v in g(np.random.RandomState(3))])
