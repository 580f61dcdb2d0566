from __future__ import print_function
import numpy, theano, theano.tensor as T
rng = numpy.random.RandomState(7)
N = 40; feats = 10; training_steps = 50
D = (rng.randn(N, feats).astype('float32'), rng.randint(size=N, low=0, high=2).astype('float32'))
x = T.matrix("x"); y = T.vector("y")
w = theano.shared(rng.randn(feats).astype('float32'), name="w")
b = theano.shared(numpy.float32(0.), name="b")
p_1 = 1 / (1 + T.exp(-T.dot(x, w) - b))
prediction = p_1 > 0.5
xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)
cost = xent.mean() + 0.01 * (w ** 2).sum()
gw, gb = T.grad(cost, [w, b])
train = theano.function(inputs=[x, y], outputs=[prediction, xent], updates=((w, w - 0.1 * gw), (b, b - 0.1 * gb)))
predict = theano.function(inputs=[x], outputs=prediction)
for i in range(training_steps):
    pred, err = train(D[0], D[1])
print(numpy.round(w.get_value(), 4)); print(numpy.round(b.get_value(), 4))
print(D[1].astype(int)); print(predict(D[0]).astype(int))
