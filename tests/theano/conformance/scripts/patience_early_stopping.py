from __future__ import print_function
import numpy as np, theano, theano.tensor as T
rng = np.random.RandomState(0)
w = theano.shared(np.zeros(3, 'float32')); x = T.matrix(); y = T.vector()
cost = T.mean((T.dot(x, w) - y) ** 2)
train = theano.function([x, y], cost, updates=[(w, w - .05 * T.grad(cost, w))]); valid = theano.function([x, y], cost)
X = rng.normal(size=(20, 3)).astype('float32'); Y = np.dot(X, [1, -1, .5]).astype('float32')
patience, increase, threshold, best, it, done = 10, 2, 0.995, np.inf, 0, False
while not done and it < 40:
    train(X[:10], Y[:10])
    it += 1
    if it % 5 == 0:
        v = valid(X[10:], Y[10:])
        print(it, v)
        if v < best * threshold: patience = max(patience, it * increase)
        best = min(best, v)
    done = patience <= it
print(np.round(w.get_value(), 4), it, patience)
