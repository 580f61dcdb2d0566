from __future__ import print_function
# flags: floatX=float64
import numpy as np, theano, theano.tensor as T
x = T.vector('x'); y = T.vector('y')
f = theano.function([x, y], [x + y, x - y, x * y, x / y, x // y, x % y, x ** y, -x, abs(-x), T.inv(x), T.sqr(x), T.sqrt(x), T.exp(-x), T.log(x), T.log2(x), T.log10(x), T.log1p(x), T.sgn(x - 2), T.sin(x), T.arctan2(x, y), T.erf(x), T.gammaln(x), T.psi(x), T.square(x), T.power(x, 2), T.true_div(x, y), T.int_div(x, y), T.mod(x, y), 2 ** x, 1 / x, 5 - x, T.deg2rad(x)])
for o in f(np.asarray([1., 2.5, 4.]), np.asarray([2., .5, 3.])): print(o)
