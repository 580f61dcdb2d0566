# Dropout of a recurrent network: one mask for all steps, drawn outside the loop, its shape
# that of an input. Only a mask drawn within the step is drawn again at each.
import numpy as np
import theano
import theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

x = T.tensor3("x")
values = np.arange(12, dtype=theano.config.floatX).reshape(3, 2, 2) / 4

for Streams in (MRG_RandomStreams, RandomStreams):
    srng = Streams(seed=11)
    mask = srng.binomial(x.shape[1:], n=1, p=0.5, dtype=theano.config.floatX)

    def step(x_t, h, m):
        return T.tanh(x_t + h) * m

    h, updates = theano.scan(
        step, sequences=x, outputs_info=T.zeros_like(x[0]), non_sequences=mask
    )
    print(Streams.__name__, len(updates))
    f = theano.function([x], h, updates=updates)
    for _ in range(3):
        print(f(values))
    print(srng.uniform((2,)).eval())

    inner = Streams(seed=5)

    def noisy(x_t, h, m):
        return h * 0.5 + x_t * m + inner.uniform((2, 2), dtype=theano.config.floatX)

    h, updates = theano.scan(
        noisy, sequences=x, outputs_info=T.zeros_like(x[0]), non_sequences=mask
    )
    print(len(updates))
    f = theano.function([x], h[-1], updates=updates)
    print(f(values))
    print(f(values))
