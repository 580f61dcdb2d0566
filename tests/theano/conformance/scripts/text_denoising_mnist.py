# The denoising autoencoder as a block that owns its weights or is given another's, and a stack of two.
from __future__ import print_function
import os
import numpy
import theano
import theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams

data = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', '..', 'data', 'mnist_sample.npz')
digits = numpy.load(data)['train_images'][:2000].astype('float32') / numpy.float32(255)


class dA(object):
    def __init__(self, numpy_rng, theano_rng=None, input=None, n_visible=784, n_hidden=500, W=None, bhid=None, bvis=None):
        self.theano_rng = theano_rng or RandomStreams(numpy_rng.randint(2 ** 30))
        if not W:
            bound = 4 * numpy.sqrt(6. / (n_hidden + n_visible))
            W = theano.shared(numpy.asarray(numpy_rng.uniform(low=-bound, high=bound, size=(n_visible, n_hidden)),
                                            dtype=theano.config.floatX), name='W', borrow=True)
        if not bvis:
            bvis = theano.shared(numpy.zeros(n_visible, dtype=theano.config.floatX), borrow=True)
        if not bhid:
            bhid = theano.shared(numpy.zeros(n_hidden, dtype=theano.config.floatX), name='b', borrow=True)
        self.W, self.b, self.b_prime, self.W_prime = W, bhid, bvis, W.T
        self.x = T.dmatrix(name='input') if input is None else input
        self.params = [self.W, self.b, self.b_prime]

    def get_corrupted_input(self, input, corruption_level):
        return self.theano_rng.binomial(size=input.shape, n=1, p=1 - corruption_level,
                                        dtype=theano.config.floatX) * input

    def get_hidden_values(self, input):
        return T.nnet.sigmoid(T.dot(input, self.W) + self.b)

    def get_reconstructed_input(self, hidden):
        return T.nnet.sigmoid(T.dot(hidden, self.W_prime) + self.b_prime)

    def get_cost_updates(self, corruption_level, learning_rate):
        tilde_x = self.get_corrupted_input(self.x, corruption_level)
        z = self.get_reconstructed_input(self.get_hidden_values(tilde_x))
        L = - T.sum(self.x * T.log(z) + (1 - self.x) * T.log(1 - z), axis=1)
        cost = T.mean(L)
        gparams = T.grad(cost, self.params)
        return cost, [(param, param - learning_rate * gparam) for param, gparam in zip(self.params, gparams)]


def pretrain(layer, x, rows, corruption_level, learning_rate=0.1, batch_size=20, epochs=2):
    index = T.lscalar()
    cost, updates = layer.get_cost_updates(corruption_level=corruption_level, learning_rate=learning_rate)
    train_da = theano.function([index], cost, updates=updates,
                               givens={x: rows[index * batch_size: (index + 1) * batch_size]})
    n_batches = rows.get_value(borrow=True).shape[0] // batch_size
    for epoch in range(epochs):
        print('corruption %.1f, epoch %d: %.4f' % (
            corruption_level, epoch, numpy.mean([train_da(i) for i in range(n_batches)])))


train_set_x = theano.shared(digits, borrow=True)
x = T.matrix('x')
for corruption in (0., 0.3):
    rng = numpy.random.RandomState(123)
    first = dA(rng, RandomStreams(rng.randint(2 ** 30)), input=x, n_hidden=100)
    pretrain(first, x, train_set_x, corruption)

second = dA(rng, RandomStreams(7), input=first.get_hidden_values(x), n_visible=100, n_hidden=30)
pretrain(second, x, train_set_x, 0.2)
shares = dA(rng, input=x, n_hidden=100, W=first.W, bhid=first.b, bvis=first.b_prime)
print(shares.W is first.W, '%.4f %.4f' % (first.W.get_value().std(), second.W.get_value().std()))
