from __future__ import print_function
import theano, theano.tensor as T
from theano.ifelse import ifelse
c = T.bscalar('c'); x = T.vector('x'); y = T.vector('y')
o1, o2 = ifelse(c, (x, y), (y * 2, x * 3))
f = theano.function([c, x, y], [o1, o2])
print(f(1, [1, 2], [3, 4])); print(f(0, [1, 2], [3, 4]))
