from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.ifelse import ifelse
a, b = T.scalars('a', 'b'); x, y = T.matrices('x', 'y')
z_switch = T.switch(T.lt(a, b), T.mean(x), T.mean(y))
z_lazy = ifelse(T.lt(a, b), T.mean(x), T.mean(y))
f_switch = theano.function([a, b, x, y], z_switch, mode=theano.Mode(linker='vm'))
f_lazyifelse = theano.function([a, b, x, y], z_lazy, mode=theano.Mode(linker='vm'))
big1 = np.ones((10, 10), 'float32'); big2 = np.ones((10, 10), 'float32') * 3
print(f_switch(0., 1., big1, big2), f_lazyifelse(0., 1., big1, big2))
print(f_switch(2., 1., big1, big2), f_lazyifelse(2., 1., big1, big2))
g = theano.function([a, b, x], T.grad(ifelse(T.gt(a, b), (x ** 2).sum(), x.sum()), x))
print(g(1, 0, big1 * 2)[0, 0], g(0, 1, big1 * 2)[0, 0])
