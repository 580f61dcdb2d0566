from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(1)
n = 3
U = theano.shared(rng.uniform(-.3, .3, (n, 4 * n)).astype('float32')); W = theano.shared(rng.uniform(-.3, .3, (n, 4 * n)).astype('float32')); b = theano.shared(np.zeros(4 * n, 'float32'))
def _slice(_x, k, dim):
    if _x.ndim == 3:
        return _x[:, :, k * dim:(k + 1) * dim]
    return _x[:, k * dim:(k + 1) * dim]
def _step(m_, x_, h_, c_):
    preact = T.dot(h_, U) + x_
    i = T.nnet.sigmoid(_slice(preact, 0, n)); f = T.nnet.sigmoid(_slice(preact, 1, n)); o = T.nnet.sigmoid(_slice(preact, 2, n)); c = T.tanh(_slice(preact, 3, n))
    c = f * c_ + i * c
    c = m_[:, None] * c + (1. - m_)[:, None] * c_
    h = o * T.tanh(c)
    h = m_[:, None] * h + (1. - m_)[:, None] * h_
    return h, c
x = T.tensor3('x'); mask = T.matrix('mask')
state = T.dot(x, W) + b
rval, updates = theano.scan(_step, sequences=[mask, state], outputs_info=[T.alloc(np.float32(0.), x.shape[1], n), T.alloc(np.float32(0.), x.shape[1], n)], name='lstm_layers', n_steps=x.shape[0])
proj = (rval[0] * mask[:, :, None]).sum(axis=0) / mask.sum(axis=0)[:, None]
f = theano.function([x, mask], [proj] + T.grad((proj ** 2).sum(), [U, W, b]))
X = rng.normal(size=(4, 2, n)).astype('float32'); M = np.asarray([[1, 1], [1, 1], [1, 0], [1, 0]], 'float32')
for v in f(X, M): print(np.round(v, 5))
