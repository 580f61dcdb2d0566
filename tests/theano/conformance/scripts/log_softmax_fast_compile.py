import numpy as np
import theano
import theano.tensor as T

x = T.matrix('x')
y = T.ivector('y')
X = np.array([[0, 200, -300], [1000, 0, 999]], 'float32')
Y = np.array([0, 1], 'int32')
p = T.nnet.softmax(x)
cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
for mode in ('FAST_COMPILE', 'FAST_RUN'):
    print(theano.function([x], T.log(p), mode=mode)(X))
    print(theano.function([x, y], [cost, T.grad(cost, x)], mode=mode)(X, Y))
