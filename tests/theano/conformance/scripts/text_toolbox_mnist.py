# The training toolbox: shared data sets, losses, early stopping with patience, and the best model kept in a file.
from __future__ import print_function
import os
import tempfile
import numpy
import theano
import theano.tensor as T
try:
    import cPickle
except ImportError:
    import pickle as cPickle

sample = numpy.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', '..', 'data', 'mnist_sample.npz'))


def shared_dataset(part, borrow=True):
    x, y = sample[part + '_images'] / 255., sample[part + '_labels']
    shared_x = theano.shared(numpy.asarray(x, dtype=theano.config.floatX), borrow=borrow)
    shared_y = theano.shared(numpy.asarray(y, dtype=theano.config.floatX), borrow=borrow)
    return shared_x, T.cast(shared_y, 'int32')


class LogisticRegression(object):
    def __init__(self, input, n_in, n_out):
        self.W = theano.shared(value=numpy.zeros((n_in, n_out), dtype=theano.config.floatX), name='W', borrow=True)
        self.b = theano.shared(value=numpy.zeros((n_out,), dtype=theano.config.floatX), name='b', borrow=True)
        self.p_y_given_x = T.nnet.softmax(T.dot(input, self.W) + self.b)
        self.y_pred = T.argmax(self.p_y_given_x, axis=1)
        self.params = [self.W, self.b]

    def negative_log_likelihood(self, y):
        return -T.mean(T.log(self.p_y_given_x)[T.arange(y.shape[0]), y])

    def errors(self, y):
        if y.ndim != self.y_pred.ndim:
            raise TypeError('y should have the same shape as self.y_pred', ('y', y.type, 'y_pred', self.y_pred.type))
        return T.mean(T.neq(self.y_pred, y))


train_x, train_y = shared_dataset('train')
valid_x, valid_y = shared_dataset('valid')
test_x, test_y = shared_dataset('test')
batch_size = 100
index = T.lscalar()
x, y = T.matrix('x'), T.ivector('y')
classifier = LogisticRegression(x, 28 * 28, 10)
L1 = abs(classifier.W).sum()
L2_sqr = (classifier.W ** 2).sum()
cost = classifier.negative_log_likelihood(y) + 0.0001 * L1 + 0.001 * L2_sqr


def batch(xs, ys):
    return {x: xs[index * batch_size: (index + 1) * batch_size], y: ys[index * batch_size: (index + 1) * batch_size]}


test_model = theano.function([index], classifier.errors(y), givens=batch(test_x, test_y))
validate_model = theano.function([index], classifier.errors(y), givens=batch(valid_x, valid_y))
g_W, g_b = T.grad(cost=cost, wrt=classifier.params)
train_model = theano.function([index], cost, givens=batch(train_x, train_y),
                              updates=[(classifier.W, classifier.W - 0.13 * g_W), (classifier.b, classifier.b - 0.13 * g_b)])

n_train_batches = train_x.get_value(borrow=True).shape[0] // batch_size
patience, patience_increase, improvement_threshold = 250, 2, 0.995
validation_frequency = min(n_train_batches, patience // 2)
best, test_score, epoch, done = numpy.inf, 0., 0, False
path = os.path.join(tempfile.mkdtemp(), 'best_model.pkl')
while epoch < 12 and not done:
    epoch += 1
    for minibatch in range(n_train_batches):
        last = train_model(minibatch)
        iteration = (epoch - 1) * n_train_batches + minibatch
        if (iteration + 1) % validation_frequency == 0:
            loss = numpy.mean([validate_model(i) for i in range(10)])
            print('epoch %d, cost %.4f, validation error %.1f %%' % (epoch, last, loss * 100.))
            if loss < best:
                if loss < best * improvement_threshold:
                    patience = max(patience, iteration * patience_increase)
                best, test_score = loss, numpy.mean([test_model(i) for i in range(10)])
                with open(path, 'wb') as f:
                    for p in classifier.params:
                        cPickle.dump(p.get_value(borrow=True), f, -1)
        if patience <= iteration:
            done = True
            break
print('best %.1f %%, test %.1f %%' % (best * 100., test_score * 100.))
with open(path, 'rb') as f:
    for p in classifier.params:
        p.set_value(cPickle.load(f), borrow=True)
predict = theano.function([x], classifier.y_pred)
print(predict(test_x.get_value()[:10]))
