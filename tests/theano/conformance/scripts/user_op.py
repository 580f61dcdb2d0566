from __future__ import print_function
import numpy as np, theano
class DoubleOp(theano.Op):
    __props__ = ()
    def make_node(self, x):
        x = theano.tensor.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])
    def perform(self, node, inputs, output_storage):
        x = inputs[0]; z = output_storage[0]
        z[0] = x * 2
    def infer_shape(self, node, i0_shapes):
        return i0_shapes
    def grad(self, inputs, output_grads):
        return [output_grads[0] * 2]
    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return eval_points
        return self.grad(inputs, eval_points)
x = theano.tensor.matrix()
f = theano.function([x], DoubleOp()(x))
inp = np.random.RandomState(0).randint(0, 9, (2, 3)).astype('float32')
print(f(inp), DoubleOp() == DoubleOp(), DoubleOp())
print(theano.function([x], theano.tensor.grad((DoubleOp()(x) ** 2).sum(), x))(inp))
print(theano.function([x], DoubleOp()(x).shape)(inp))
v = theano.tensor.matrix()
print(theano.function([x, v], theano.tensor.Rop(DoubleOp()(x), x, v), on_unused_input='ignore')(inp, inp))
