from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(3)
X = rng.uniform(size=(10, 4)).astype(theano.config.floatX)
D, M = 4, 2
W = theano.shared(np.asarray(rng.randn(D, M) / np.sqrt(D + M), theano.config.floatX), 'W_0')
bh = theano.shared(np.zeros(M, theano.config.floatX), 'bh_0'); bo = theano.shared(np.zeros(D, theano.config.floatX), 'bo_0')
params = [W, bh, bo]
dparams = [theano.shared(np.zeros_like(p.get_value()), 'd' + p.name) for p in params]
X_in = T.matrix('X_0')
Z = T.nnet.sigmoid(X_in.dot(W) + bh)
X_hat = Z.dot(W.T) + bo
cost = ((X_in - X_hat) * (X_in - X_hat)).sum() / (10 * D)
updates = [(p, p + 0.9 * dp - 0.1 * T.grad(cost, p)) for p, dp in zip(params, dparams)] + [(dp, 0.9 * dp - 0.1 * T.grad(cost, p)) for p, dp in zip(params, dparams)]
train = theano.function(inputs=[X_in], outputs=cost, updates=updates)
for i in range(200):
    c = train(X)
    if i % 40 == 0: print(i, c)
encode = theano.function([X_in], Z); decode = theano.function([Z], X_hat)
print(np.round(encode(X[:2]), 4), np.round(decode(encode(X[:2])), 4))
