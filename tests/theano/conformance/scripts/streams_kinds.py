from __future__ import print_function
import numpy as np, theano
import theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
s = RandomStreams(1234)
draws = [s.uniform((3, 2), low=-1., high=1.), s.normal((4,), avg=2., std=.5),
         s.binomial((5,), n=10, p=.3), s.random_integers((6,), low=3, high=8),
         s.choice((4,), a=7), s.permutation((2,), n=5), s.poisson((5,), lam=4.),
         s.multinomial((2,), n=6, pvals=[.2, .5, .3])]
f = theano.function([], draws)
for i in range(3):
    for value in f():
        print(value.dtype, value.shape, value.tolist())
