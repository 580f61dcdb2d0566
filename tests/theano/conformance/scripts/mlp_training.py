from __future__ import print_function
import numpy, theano, theano.tensor as T
class HiddenLayer(object):
    def __init__(self, rng, input, n_in, n_out, activation=T.tanh):
        self.W = theano.shared(numpy.asarray(rng.uniform(-numpy.sqrt(6. / (n_in + n_out)), numpy.sqrt(6. / (n_in + n_out)), (n_in, n_out)), dtype=theano.config.floatX), name='W', borrow=True)
        self.b = theano.shared(numpy.zeros((n_out,), dtype=theano.config.floatX), name='b', borrow=True)
        self.output = activation(T.dot(input, self.W) + self.b)
        self.params = [self.W, self.b]
class LogisticRegression(object):
    def __init__(self, input, n_in, n_out):
        self.W = theano.shared(numpy.zeros((n_in, n_out), dtype=theano.config.floatX), name='W', borrow=True)
        self.b = theano.shared(numpy.zeros((n_out,), dtype=theano.config.floatX), name='b', borrow=True)
        self.p_y_given_x = T.nnet.softmax(T.dot(input, self.W) + self.b)
        self.y_pred = T.argmax(self.p_y_given_x, axis=1)
        self.params = [self.W, self.b]
    def negative_log_likelihood(self, y):
        return -T.mean(T.log(self.p_y_given_x)[T.arange(y.shape[0]), y])
    def errors(self, y):
        return T.mean(T.neq(self.y_pred, y))
rng = numpy.random.RandomState(1234)
x = T.matrix('x'); y = T.ivector('y')
hidden = HiddenLayer(rng, x, 6, 8); top = LogisticRegression(hidden.output, 8, 3)
cost = top.negative_log_likelihood(y) + 0.001 * (abs(hidden.W).sum() + abs(top.W).sum()) + 0.0001 * ((hidden.W ** 2).sum() + (top.W ** 2).sum())
params = hidden.params + top.params
gparams = [T.grad(cost, p) for p in params]
train_x = theano.shared(numpy.asarray(rng.normal(size=(30, 6)), theano.config.floatX)); train_y = T.cast(theano.shared(numpy.asarray(numpy.arange(30) % 3, theano.config.floatX)), 'int32')
index = T.lscalar()
train = theano.function([index], cost, updates=[(p, p - 0.1 * g) for p, g in zip(params, gparams)], givens={x: train_x[index * 10:(index + 1) * 10], y: train_y[index * 10:(index + 1) * 10]})
test = theano.function([], top.errors(y), givens={x: train_x, y: train_y})
for epoch in range(5):
    print(epoch, [float(train(i)) for i in range(3)], test())
