from __future__ import print_function
import numpy as np, theano
from theano import tensor as T
class AutoEncoder(object):
    def __init__(self, X, hidden_size, activation_function, output_function):
        self.X = theano.shared(np.asarray(X, dtype=theano.config.floatX), name='X', borrow=True)
        self.n, self.m = X.shape
        rng = np.random.RandomState(42)
        init = np.asarray(rng.uniform(low=-4 * np.sqrt(6. / (self.m + hidden_size)), high=4 * np.sqrt(6. / (self.m + hidden_size)), size=(self.m, hidden_size)), dtype=theano.config.floatX)
        self.W = theano.shared(value=init, name='W')
        self.b1 = theano.shared(name='b1', value=np.zeros(shape=(hidden_size,), dtype=theano.config.floatX))
        self.b2 = theano.shared(name='b2', value=np.zeros(shape=(self.m,), dtype=theano.config.floatX))
        self.act, self.out = activation_function, output_function
    def train(self, n_epochs, size, rate):
        index = T.lscalar('i'); x = T.matrix('x')
        hidden = self.act(T.dot(x, self.W) + self.b1)
        output = self.out(T.dot(hidden, T.transpose(self.W)) + self.b2)
        L = -T.sum(x * T.log(output) + (1 - x) * T.log(1 - output), axis=1)
        cost = L.mean()
        params = [self.W, self.b1, self.b2]
        updates = [(p, p - rate * g) for p, g in zip(params, T.grad(cost, params))]
        train = theano.function(inputs=[index], outputs=[cost], updates=updates, givens={x: self.X[index:index + size, :]})
        for epoch in range(n_epochs):
            costs = [float(train(row)[0]) for row in range(0, self.n, size)]
            print('epoch', epoch, np.round(np.mean(costs), 5))
    def get_hidden(self, data):
        x = T.dmatrix('x')
        return theano.function([x], self.act(T.dot(x, self.W) + self.b1))(data)
data = np.random.RandomState(0).uniform(size=(12, 8))
A = AutoEncoder(data, 5, T.nnet.sigmoid, T.nnet.sigmoid)
A.train(5, 4, .1)
print(np.round(A.get_hidden(data[:2]), 5))
