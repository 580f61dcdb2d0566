# The donuts: two sigmoid units, linear output, tied weights, full-batch gradient descent with momentum.
from __future__ import print_function
import os
import numpy as np
import theano
import theano.tensor as T

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', '..', 'data', 'donuts.csv')
table = np.loadtxt(path, delimiter=',', skiprows=1)
X, labels = table[:, :4].astype(np.float32), table[:, 4]


class AutoEncoder(object):
    def __init__(self, D, M, an_id):
        rng = np.random.RandomState(0)
        W0 = (rng.randn(D, M) / np.sqrt(D + M)).astype(np.float32)
        self.W = theano.shared(W0, 'W_%s' % an_id)
        self.bh = theano.shared(np.zeros(M, dtype=np.float32), 'bh_%s' % an_id)
        self.bo = theano.shared(np.zeros(D, dtype=np.float32), 'bo_%s' % an_id)
        self.params = [self.W, self.bh, self.bo]
        x = T.fmatrix('x_%s' % an_id)
        z = T.fmatrix('z_%s' % an_id)
        self.X_in = x
        self.code = self.encode(x)
        self.X_hat = self.decode(self.code)
        self.encode_op = theano.function([x], self.code)
        self.decode_op = theano.function([z], self.decode(z))

    def encode(self, x):
        return T.nnet.sigmoid(x.dot(self.W) + self.bh)

    def decode(self, z):
        return z.dot(self.W.T) + self.bo

    def fit(self, X, learning_rate=0.1, mu=0.9, epochs=10000):
        lr, mu = np.float32(learning_rate), np.float32(mu)
        dparams = [theano.shared(p.get_value() * np.float32(0)) for p in self.params]
        cost = ((self.X_in - self.X_hat) * (self.X_in - self.X_hat)).mean()
        grads = T.grad(cost, self.params)
        updates = [(p, p + mu * dp - lr * g) for p, dp, g in zip(self.params, dparams, grads)]
        updates += [(dp, mu * dp - lr * g) for dp, g in zip(dparams, grads)]
        train_op = theano.function([self.X_in], cost, updates=updates)
        costs = []
        for i in range(epochs):
            costs.append(train_op(X))
            if i % 2500 == 0:
                print('epoch %d: cost %.6f' % (i, costs[-1]))
        return costs


model = AutoEncoder(4, 2, 'donuts')
costs = model.fit(X)
print('%d costs, the last %.6f' % (len(costs), costs[-1]))
code = model.encode_op(X)
print(code.shape, '%.4f' % np.abs(model.decode_op(code) - X).mean(), model.W.name, model.X_in.name)
