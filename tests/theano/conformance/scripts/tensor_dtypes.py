from __future__ import print_function
import numpy as np, theano, theano.tensor as T
names = ['bscalar', 'wscalar', 'iscalar', 'lscalar', 'fscalar', 'dscalar', 'cscalar', 'zscalar']
vs = [getattr(T, n)() for n in names]
print([v.dtype for v in vs])
for a in vs[:6]:
    print([(a + b).dtype for b in vs[:6]], [(a * b).dtype for b in vs[:6]])
    print([(a / b).dtype for b in vs[:6]], [(a // b).dtype for b in vs[:6]])
    print([T.pow(a, b).dtype for b in vs[:6]], (a + 1).dtype, (a + 1.5).dtype, (a * 2.0).dtype, (-a).dtype, (a > 0).dtype)
    print(T.sqrt(a).dtype, T.exp(a).dtype, T.mean(a).dtype, T.sum(a).dtype, T.prod(a).dtype, T.argmax(T.vector(dtype=a.dtype)).dtype, abs(a).dtype, T.sqr(a).dtype)
