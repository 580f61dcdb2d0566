from __future__ import print_function
import numpy, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
W_values = numpy.asarray(numpy.random.RandomState(1).uniform(-1, 1, (2, 3)), theano.config.floatX)
bvis_values = numpy.zeros(2, theano.config.floatX)
bhid_values = numpy.zeros(3, theano.config.floatX)
W = theano.shared(W_values); bvis = theano.shared(bvis_values); bhid = theano.shared(bhid_values)
trng = RandomStreams(1234)
def OneStep(vsample):
    hmean = T.nnet.sigmoid(theano.dot(vsample, W) + bhid)
    hsample = trng.binomial(size=hmean.shape, n=1, p=hmean)
    vmean = T.nnet.sigmoid(theano.dot(hsample, W.T) + bvis)
    return trng.binomial(size=vsample.shape, n=1, p=vmean, dtype=theano.config.floatX)
sample = T.vector()
values, updates = theano.scan(OneStep, outputs_info=sample, n_steps=10)
gibbs10 = theano.function([sample], values[-1], updates=updates)
for i in range(5):
    print(gibbs10(numpy.zeros(2, theano.config.floatX)))
