from __future__ import print_function
import theano, theano.tensor as T
from collections import OrderedDict
a = theano.shared(1., name='a'); b = theano.shared(2., name='b')
f = theano.function([], [a, b], updates=[(a, b), (b, a)])
print([float(v) for v in f()], a.get_value(), b.get_value())
u = OrderedDict(); u[a] = a + b; u[b] = b * a
g = theano.function([], updates=u)
print(g(), a.get_value(), b.get_value())
