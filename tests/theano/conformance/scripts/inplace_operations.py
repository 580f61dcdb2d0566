import numpy as np
import theano
import theano.tensor as T
from theano.tensor import inplace


def function(inputs, outputs):
    return theano.function(inputs, outputs, accept_inplace=True)


x = T.vector('x')
y = T.vector('y')
v = np.array([0.25, 1, 4], 'float32')
f = function([theano.In(x, mutable=True)], [inplace.sqrt_inplace(x)])
print(f(v.copy()))
g = function([theano.In(x, mutable=True), y], inplace.add_inplace(x, y))
w = v.copy()
print(g(w, v))
for name in 'exp_inplace log_inplace neg_inplace abs__inplace sqr_inplace inv_inplace sgn_inplace tanh_inplace floor_inplace round_half_to_even_inplace expm1_inplace log1p_inplace gammaln_inplace erf_inplace deg2rad_inplace ceil_inplace conj_inplace'.split():
    op = getattr(inplace, name)
    print(name, function([theano.In(x, mutable=True)], op(x))(v.copy()))
for name in 'mul_inplace sub_inplace true_div_inplace pow_inplace maximum_inplace minimum_inplace mod_inplace second_inplace fill_inplace'.split():
    op = getattr(inplace, name)
    print(name, function([theano.In(x, mutable=True), y], op(x, y))(v.copy(), v + 1))
m = T.matrix('m')
print(function([m], inplace.transpose_inplace(m) + 0)(np.arange(6, dtype='float32').reshape(2, 3)))
print(theano.pp(inplace.exp_inplace(x)))
try:
    theano.function([x], inplace.exp_inplace(x))
except TypeError as error:
    print(error.args[0][:40])
