# The order of equal entries, which class scores and quantised values have.
import numpy as np
import theano
import theano.tensor as T

x = T.matrix("x")
ranks = theano.function([x], [T.argsort(x), T.argsort(x, axis=0), x.argsort(axis=1)])
scores = np.array(
    [
        [0.5, 0.25, 0.5, 0.125, 0.5, 0.5, 0.25, 1.0, 0.5, 0.0],
        [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.5],
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    ],
    dtype=theano.config.floatX,
)
for order in ranks(scores):
    print(order)
print(theano.function([x], T.argsort(x, axis=None))(scores[:1, :8]))

top = theano.function([x], T.argsort(-x)[:, :3])
print(top(scores))
print(np.argsort(-scores, axis=1)[:, :3])
v = T.ivector("v")
print(theano.function([v], T.argsort(v))(np.array([3, 1, 2, 1, 3, 1, 2, 3, 1, 2, 2, 1], "int32")))
