from __future__ import print_function
import numpy as np, theano, theano.tensor as T
def momentum(cost, params, lr=0.1, mu=.9):
    updates = []
    for p, g in zip(params, T.grad(cost, params)):
        v = theano.shared(p.get_value() * 0., broadcastable=p.broadcastable)
        updates.append((v, mu * v - lr * g)); updates.append((p, p + mu * v - lr * g))
    return updates
rng = np.random.RandomState(0)
w = theano.shared(rng.normal(size=(3, 1)).astype('float32')); b = theano.shared(np.zeros(1, "float32"))
x = T.matrix(); y = T.matrix()
cost = T.mean((T.dot(x, w) + b - y) ** 2)
f = theano.function([x, y], cost, updates=momentum(cost, [w, b]))
X = rng.normal(size=(8, 3)).astype('float32')
for i in range(15): print(i, f(X, X[:, :1] * 2 + 1))
