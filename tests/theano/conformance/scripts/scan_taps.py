from __future__ import print_function
import numpy as np, theano, theano.tensor as T
def oneStep(u_tm4, u_t, x_tm3, x_tm1, y_tm1, W, W_in_1, W_in_2, W_feedback, W_out):
    x_t = T.tanh(theano.dot(x_tm1, W) + theano.dot(u_t, W_in_1) + theano.dot(u_tm4, W_in_2) + theano.dot(y_tm1, W_feedback))
    y_t = theano.dot(x_tm3, W_out)
    return [x_t, y_t]
rng = np.random.RandomState(0)
W = T.matrix(); W_in_1 = T.matrix(); W_in_2 = T.matrix(); W_feedback = T.matrix(); W_out = T.matrix()
u = T.matrix(); x0 = T.matrix(); y0 = T.vector()
([x_vals, y_vals], updates) = theano.scan(fn=oneStep, sequences=dict(input=u, taps=[-4, -0]),
    outputs_info=[dict(initial=x0, taps=[-3, -1]), y0],
    non_sequences=[W, W_in_1, W_in_2, W_feedback, W_out], strict=True)
f = theano.function([u, x0, y0, W, W_in_1, W_in_2, W_feedback, W_out], [x_vals, y_vals])
a = [rng.uniform(-1, 1, s).astype('float32') for s in ((7, 2), (3, 3), (2,), (3, 3), (2, 3), (2, 3), (2, 3), (3, 2))]
for v in f(*a): print(v.shape, v.tolist())
