from __future__ import print_function
import numpy as np, theano, theano.tensor as T
def adam(cost, params, lr=0.002, b1=0.1, b2=0.001, e=1e-8):
    updates = []
    i = theano.shared(np.float32(0.))
    i_t = i + 1.
    lr_t = lr * (T.sqrt(1. - (1. - b2) ** i_t) / (1. - (1. - b1) ** i_t))
    for p, g in zip(params, T.grad(cost, params)):
        m = theano.shared(p.get_value() * 0.); v = theano.shared(p.get_value() * 0.)
        m_t = (b1 * g) + ((1. - b1) * m); v_t = (b2 * T.sqr(g)) + ((1. - b2) * v)
        updates += [(m, m_t), (v, v_t), (p, p - lr_t * m_t / (T.sqrt(v_t) + e))]
    return updates + [(i, i_t)]
w = theano.shared(np.asarray([1., -2., 3.], 'float32'))
f = theano.function([], (w ** 2).sum(), updates=adam((w ** 2).sum(), [w]))
for k in range(10): print(f())
print(w.get_value())
