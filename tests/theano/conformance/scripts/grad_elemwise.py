from __future__ import print_function
# flags: floatX=float64
import numpy as np, theano, theano.tensor as T
x = T.vector('x')
X = np.asarray([.1, .4, .8])
for name in 'exp log sqrt sqr sin cos tan tanh arcsin arccos arctan sinh cosh log1p expm1 log2 log10 erf erfc abs_ neg inv sgn floor'.split():
    f = getattr(T, name)
    print(name, theano.function([x], [f(x), T.grad(f(x).sum(), x)])(X))
