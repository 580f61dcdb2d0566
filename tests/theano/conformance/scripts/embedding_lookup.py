from __future__ import print_function
import numpy as np, theano, theano.tensor as T
emb = theano.shared(np.arange(12, dtype='float32').reshape(6, 2) / 10, name='emb')
idx = T.imatrix('idx'); y = T.vector('y')
x = emb[idx].reshape((idx.shape[0], 4))
cost = T.sum((x.sum(axis=1) - y) ** 2)
g = T.grad(cost, emb)
train = theano.function([idx, y], [cost, g], updates=[(emb, emb - .01 * g)])
normalize = theano.function([], updates={emb: emb / T.sqrt((emb ** 2).sum(axis=1)).dimshuffle(0, 'x')})
c, grad = train(np.asarray([[0, 1], [5, 5]], 'int32'), np.asarray([1, 2], 'float32'))
print(c, grad)
normalize()
print(emb.get_value())
sub = emb[idx[0]]
u = theano.function([idx], [], updates=[(emb, T.inc_subtensor(sub, 1.))])
u(np.asarray([[0, 2]], 'int32'))
print(emb.get_value())
