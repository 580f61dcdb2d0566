from __future__ import print_function
import numpy, theano, theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams
rng = numpy.random.RandomState(123)
trng = RandomStreams(rng.randint(2 ** 30))
nv, nh = 6, 4
W = theano.shared(numpy.asarray(rng.uniform(-.5, .5, (nv, nh)), theano.config.floatX)); hb = theano.shared(numpy.zeros(nh, theano.config.floatX)); vb = theano.shared(numpy.zeros(nv, theano.config.floatX))
x = T.matrix('x')
def sample_h(v):
    pre = T.dot(v, W) + hb
    mean = T.nnet.sigmoid(pre)
    return [pre, mean, trng.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)]
def sample_v(h):
    pre = T.dot(h, W.T) + vb
    mean = T.nnet.sigmoid(pre)
    return [pre, mean, trng.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)]
def gibbs_hvh(h):
    pv, mv, sv = sample_v(h)
    ph, mh, sh = sample_h(sv)
    return [pv, mv, sv, ph, mh, sh]
def free_energy(v):
    return -T.dot(v, vb) - T.sum(T.log(1 + T.exp(T.dot(v, W) + hb)), axis=1)
ph, mh, sh = sample_h(x)
out, updates = theano.scan(gibbs_hvh, outputs_info=[None, None, None, None, None, sh], n_steps=2)
end = out[2][-1]
cost = T.mean(free_energy(x)) - T.mean(free_energy(end))
for p, g in zip([W, hb, vb], T.grad(cost, [W, hb, vb], consider_constant=[end])):
    updates[p] = p - g * T.cast(.1, dtype=theano.config.floatX)
train = theano.function([x], T.mean((out[1][-1] - x) ** 2), updates=updates)
data = numpy.asarray(rng.uniform(size=(5, nv)) > .5, theano.config.floatX)
for i in range(8): print(i, train(data))
print(W.get_value())
