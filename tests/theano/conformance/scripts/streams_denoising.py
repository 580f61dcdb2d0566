from __future__ import print_function
import numpy, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
numpy_rng = numpy.random.RandomState(123)
theano_rng = RandomStreams(numpy_rng.randint(2 ** 30))
x = T.matrix('x')
W = theano.shared(numpy.asarray(numpy_rng.uniform(-.5, .5, (6, 4)), dtype=theano.config.floatX), name='W', borrow=True)
b = theano.shared(numpy.zeros(4, dtype=theano.config.floatX), name='b')
c = theano.shared(numpy.zeros(6, dtype=theano.config.floatX), name='c')
tilde = theano_rng.binomial(size=x.shape, n=1, p=1 - 0.3, dtype=theano.config.floatX) * x
y = T.nnet.sigmoid(T.dot(tilde, W) + b)
z = T.nnet.sigmoid(T.dot(y, W.T) + c)
cost = T.mean(-T.sum(x * T.log(z) + (1 - x) * T.log(1 - z), axis=1))
params = [W, b, c]
updates = [(p, p - 0.1 * g) for p, g in zip(params, T.grad(cost, params))]
train = theano.function([x], cost, updates=updates)
data = numpy.asarray(numpy_rng.uniform(0, 1, (5, 6)), dtype=theano.config.floatX)
for epoch in range(10):
    print(epoch, train(data))
print(W.get_value())
