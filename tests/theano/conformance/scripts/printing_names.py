# How variables, nodes and graphs appear in text: the names of operations, types of indices,
# values of constants, and the tree of a gradient.
import numpy
import theano
import theano.tensor as T
from theano.printing import debugprint

x, y = T.matrices("x", "y")
v, w = T.vectors("v", "w")
i = T.iscalar("i")
rows = T.ivector("rows")
weights = theano.shared(numpy.ones((3, 2)), "weights")

for variable in [
    x + 1, -x / y, x**2, abs(x), x // y, x > y, T.eq(x, y), T.exp(x), T.inv(x), T.sgn(x),
    T.cast(x, "int32"), T.nnet.sigmoid(x), T.nnet.softplus(x), T.switch(x > 0, x, y),
    T.maximum(x, 0), T.zeros_like(x), T.isnan(x), T.and_(x > 0, y > 0),
    T.dot(x, y), T.dot(x, v), T.dot(v, x), T.dot(v, w), T.outer(v, w), T.nnet.softmax(x),
    x.sum(), x.sum(axis=0), x.prod(), T.all(x > 0), T.any(x > 0, axis=0),
    x.T, v.dimshuffle("x", 0), x[0], x[1:3], x[:, 0], x[i], x[:i, ::2], x[::-1], x[rows],
    x[rows, rows], T.set_subtensor(x[0], v), T.inc_subtensor(x[i:], y),
    T.set_subtensor(x[rows], y), T.inc_subtensor(x[rows], y),
    x.shape, x.shape[0], x.flatten(), T.concatenate([x, y]), T.alloc(i, i, i), T.eye(3),
    T.nlinalg.matrix_inverse(x), T.nlinalg.det(x), T.cumsum(x, axis=0), T.sort(x), T.diag(v),
    T.constant(3), T.constant([1.0, 2.0]), T.constant([[2.0, 2.0]]), T.matrix(), weights,
]:  # fmt: skip
    print(variable)
    print(variable.owner)
print(x.max(axis=0), T.max(x))
print([x + 1, T.constant(2), T.exp(x).owner])
print((x + 1).owner.op.name)

hidden = T.tanh(T.dot(x, weights) + w)
hidden.name = "hidden"
cost = T.sum((hidden - y) ** 2)
debugprint(cost)
debugprint(T.grad(cost, weights))
debugprint(cost, depth=3, print_type=True)
debugprint(hidden * hidden, ids="int")
debugprint([hidden + 1, T.exp(v)], stop_on_name=True, ids="")
debugprint(T.dot(T.dot(v, x), w), print_type=True)
print(debugprint(x[i:, 0] - v, file="str"))
print(theano.pp(-T.dot(x, v) * 2), theano.pp(T.dot(v, w)), theano.pp(T.dot(x.T, y)))
last = theano.scan(lambda row, state: row + state, sequences=x, outputs_info=v)[0][-1]
print(last.owner.inputs[0].owner.inputs[0].owner.op)
