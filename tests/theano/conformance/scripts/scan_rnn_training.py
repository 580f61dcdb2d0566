from __future__ import print_function
import numpy as np, theano, theano.tensor as T
n, nin, nout = 4, 2, 1
rng = np.random.RandomState(1)
U = lambda *s: theano.shared(rng.uniform(size=s, low=-.1, high=.1).astype('float32'))
W, W_in, W_out = U(n, n), U(nin, n), U(n, nout)
u = T.matrix(); t = T.matrix(); h0 = T.vector(); lr = T.scalar()
def step(u_t, h_tm1, W, W_in, W_out):
    h_t = T.tanh(T.dot(u_t, W_in) + T.dot(h_tm1, W))
    return h_t, T.dot(h_t, W_out)
[h, y], _ = theano.scan(step, sequences=u, outputs_info=[h0, None], non_sequences=[W, W_in, W_out])
error = ((y - t) ** 2).sum()
gW, gW_in, gW_out = T.grad(error, [W, W_in, W_out])
fn = theano.function([h0, u, t, lr], error, updates={W: W - lr * gW, W_in: W_in - lr * gW_in, W_out: W_out - lr * gW_out})
X = rng.uniform(size=(10, nin)).astype('float32'); Y = X[:, :1] * .5
for i in range(10): print(i, fn(np.zeros(n, 'float32'), X, Y, .05))
