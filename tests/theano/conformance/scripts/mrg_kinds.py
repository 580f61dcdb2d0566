from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams
rng = MRG_RandomStreams(7)
p = np.asarray([[.2, .3, .5], [.9, .05, .05]], 'float32')
b = rng.binomial(size=(4, 5), p=.4)
b2 = rng.binomial(size=(6,), p=.4, dtype='float32')
m = rng.multinomial(pvals=p)
m3 = rng.multinomial(pvals=p, n=4)
c = rng.choice(size=2, p=p, replace=False)
f = theano.function([], [b, b2, m, m3, c])
for i in range(2):
    for v in f(): print(v.dtype, v.tolist())
