from __future__ import print_function
import numpy as np, theano, theano.tensor as T
r = np.random.RandomState(0)
a, b = T.matrices('ab'); v, w = T.vectors('vw'); t, u = T.tensor3s('tu')
A = r.randint(-3, 4, (2, 3)).astype('float32'); B = r.randint(-3, 4, (3, 4)).astype('float32'); V = r.randint(-3, 4, 3).astype('float32'); TT = r.randint(-3, 4, (2, 3, 3)).astype('float32')
print(theano.function([a, b, v], [a.dot(b), T.dot(a, v), T.dot(v, b), T.dot(v, v), T.outer(v, v)])(A, B, V))
print(theano.function([t, a], [T.dot(t, a.T), T.tensordot(t, a, axes=[[2], [1]]), T.tensordot(t, t, axes=2) if False else t.sum()])(TT, A))
print(theano.function([t], [T.batched_dot(t, t), T.batched_tensordot(t, t, axes=[2, 1])])(TT))
print(theano.function([t], T.grad(T.batched_dot(t, t).sum(), t))(TT))
