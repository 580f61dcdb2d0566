# The tied autoencoder on MNIST: minibatches are slices of a shared data set.
from __future__ import print_function
import os
import numpy as np
import theano as th
from theano import tensor as T

data = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', '..', 'data', 'mnist_sample.npz')
digits = np.load(data)['train_images'].astype('float32') / np.float32(256)  # as mnist.pkl.gz has them


class AutoEncoder(object):
    def __init__(self, X, hidden_size, activation_function, output_function):
        assert type(X) is np.ndarray
        assert len(X.shape) == 2
        self.X = th.shared(name='X', value=np.asarray(X, dtype=th.config.floatX), borrow=True)
        self.n, self.m = X.shape
        bound = 4 * np.sqrt(6. / (hidden_size + self.m))
        rng = np.random.RandomState(123)
        self.W = th.shared(name='W', value=np.asarray(
            rng.uniform(low=-bound, high=bound, size=(self.m, hidden_size)), dtype=th.config.floatX), borrow=True)
        self.b1 = th.shared(name='b1', value=np.zeros(hidden_size, dtype=th.config.floatX), borrow=True)
        self.b2 = th.shared(name='b2', value=np.zeros(self.m, dtype=th.config.floatX), borrow=True)
        self.activation_function = activation_function
        self.output_function = output_function

    def train(self, n_epochs=5, mini_batch_size=20, learning_rate=0.1):
        index = T.lscalar()
        x = T.matrix('x')
        hidden = self.activation_function(T.dot(x, self.W) + self.b1)
        output = self.output_function(T.dot(hidden, T.transpose(self.W)) + self.b2)
        L = -T.sum(x * T.log(output) + (1 - x) * T.log(1 - output), axis=1)
        cost = L.mean()
        params = [self.W, self.b1, self.b2]
        gparams = T.grad(cost, params)
        updates = [(param, param - learning_rate * gparam) for param, gparam in zip(params, gparams)]
        train = th.function(inputs=[index], outputs=[cost], updates=updates,
                            givens={x: self.X[index:index + mini_batch_size, :]})
        for epoch in range(n_epochs):
            costs = [train(row)[0] for row in range(0, self.n, mini_batch_size)]
            print('epoch %d: %.3f, first %.3f' % (epoch, np.mean(costs), costs[0]))

    def get_hidden(self, rows):
        x = T.matrix('x')
        return th.function([x], self.activation_function(T.dot(x, self.W) + self.b1))(rows)

    def get_weights(self):
        return [self.W.get_value(), self.b1.get_value(), self.b2.get_value()]


A = AutoEncoder(digits, 100, T.nnet.sigmoid, T.nnet.sigmoid)
A.train()
print(A.get_hidden(digits[:3]).shape, ' '.join('%.4f' % w.mean() for w in A.get_weights()))
