# Operations that scripts construct, and names that modules had from other modules.
# flags: floatX=float64
import numpy as np
import theano
import theano.tensor as T
import theano.tensor.inplace as inplace
from theano import gof
from theano.tensor.nnet import nnet
from theano.tensor.nnet.corr3d import Corr3dMM

x, b, y = T.matrix('x'), T.vector('b'), T.ivector('y')
values = (np.array([[0., 1., -1.], [2., 0., .5]]), np.array([.5, -.5, 0.]), np.array([2, 1], 'int32'))

soft = nnet.SoftmaxWithBias()(x, b)
nll, sm, best = nnet.CrossentropySoftmaxArgmax1HotWithBias()(x, b, y)
dx = nnet.CrossentropySoftmax1HotWithBiasDx()(T.ones_like(nll), sm, y)
one_hot = nnet.CrossentropyCategorical1Hot()(soft, y)
d_one_hot = nnet.CrossentropyCategorical1HotGrad()(T.ones_like(nll), soft, y)
back = nnet.SoftmaxGrad()(d_one_hot, soft)
f = theano.function([x, b, y], [soft, nll, sm, best, dx, one_hot, back])
for value in f(*values):
    print(value)
print(best.dtype, nll.type, sm.type)
print(T.grad(nll.sum(), [x, b])[0].eval(dict(zip([x, b, y], values))))
print(nnet.SoftmaxWithBias() == nnet.SoftmaxWithBias())
print(nnet.Prepend_scalar_constant_to_each_row(2.)(x).eval({x: values[0]}))
for bad in [lambda: nnet.SoftmaxWithBias()(b, b), lambda: nnet.SoftmaxWithBias()(x, x)]:
    try:
        bad()
    except ValueError as error:
        print('ValueError')

print(T.Join(view=0)(0, x, x).eval({x: values[0]}).shape)
whole, decimal = T.lvector('whole'), T.dvector('decimal')
total = inplace.add_inplace(whole, decimal)
print(total.dtype, theano.function([theano.In(whole, mutable=True), decimal], total, accept_inplace=True)(
    np.array([1, 2]), np.array([.5, 1.5])))

print(Corr3dMM('valid', (1, 1, 1), (1, 1, 1), None, 2).num_groups)

u, v = T.scalar('u'), T.scalar('v')
fn = gof.PerformLinker().accept(gof.FunctionGraph([u, v], [u / v + 1])).make_function()
print(fn(1.0, 2.0))
try:
    fn(1.0)
except TypeError as error:
    print(error)

from theano.tensor.nnet.nnet import as_tensor_variable, DisconnectedType
from theano.tensor.subtensor import set_subtensor
from theano.gradient import Rop
print(T.config is theano.config, T.basic.config.floatX, T.config.device)
print(as_tensor_variable is T.as_tensor_variable, set_subtensor is T.set_subtensor)
print(Rop is T.Rop, theano.gof.Op is T.basic.Op, DisconnectedType is theano.gradient.DisconnectedType)
print(theano.Generic()(name='g').name, isinstance(theano.generic, theano.Generic))

from theano import sparse
import scipy.sparse
m, d = sparse.csr_matrix('m'), T.matrix('d')
data = scipy.sparse.csr_matrix(np.array([[0., -2.], [3., 0.]]))
dense = np.array([[1., 2.], [3., 4.]])
for built in [sparse.sgn(m), sparse.Neg()(m), sparse.MulSD()(m, d), sparse.MulSS()(m, m),
              sparse.structured_monoid(T.exp)(lambda x: x)(m)]:
    g = theano.function([m, d], sparse.dense_from_sparse(built), on_unused_input='ignore')
    print(g(data, dense))
print(sparse.dense_from_sparse(sparse.SquareDiagonal()(d[0])).eval({d: dense}))

lengths = T.lvector('lengths')
checked = theano.function([d, lengths], T.specify_shape(d, lengths))
print(checked(dense, [2, 2]).shape)
for wrong in [lambda: checked(dense, [2, 3]), lambda: T.specify_shape(d, [4])]:
    try:
        wrong()
    except AssertionError:
        print('AssertionError')
print([T.nnet.hard_sigmoid(T.TensorType(t, (False,))()).dtype for t in ['int8', 'int16', 'int32', 'float32']])

fg = gof.FunctionGraph([u], [u * 1 + 0])
theano.compile.mode.optdb.query('+fast_run').optimize(fg)
print(len(fg.apply_nodes))
