from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.sandbox import rng_mrg
from theano.sandbox.rng_mrg import MRG_RandomStreams, guess_n_streams
for size in ((3,), (7, 1), (20, 30), (1000, 1000), (T.iscalar(), 2)):
    print(guess_n_streams(size))
rng = MRG_RandomStreams([1, 2, 3, 4, 5, 6])
print(rng.rstate)
print(rng.get_substream_rstates(4, 'float32'))
print(rng.rstate)
u = rng.uniform((9,), nstreams=2)
f = theano.function([], u)
print(f(), f())
for seed in (0, 2147462579, [0, 0, 0, 1, 1, 1], [1, 1]):
    try:
        MRG_RandomStreams(seed)
    except (ValueError, TypeError) as e:
        print(type(e).__name__)
