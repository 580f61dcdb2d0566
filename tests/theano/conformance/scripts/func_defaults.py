from __future__ import print_function
import theano, theano.tensor as T
from theano import Param, In, function
x, y, w = T.dscalars('x', 'y', 'w')
f = function([x, In(y, value=1)], x + y)
print(f(33), f(33, 2))
z = (x + y) * w
f = function([x, In(y, value=1), In(w, value=2, name='w_by_name')], z)
print(f(33), f(33, 2), f(33, 0, 1), f(33, w_by_name=1), f(33, w_by_name=1, y=0))
a, b = T.dmatrices('a', 'b')
diff = a - b
abs_diff = abs(diff)
diff_squared = diff ** 2
f = function([a, b], [diff, abs_diff, diff_squared])
print(f([[1, 1], [1, 1]], [[0, 1], [2, 3]]))
