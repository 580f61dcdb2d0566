import numpy as np
import theano
import theano.tensor as T

x, y = T.dvectors('x', 'y')
w = theano.shared(np.array([1., 2.]), name='w')
f = theano.function([x], x * w)
print(f([1, 2]), f.copy()([1, 2]), f.copy(swap={w: theano.shared(np.array([3., 4.]))})([1, 2]))
print(f.copy(share_memory=True)([1, 2])[0], f.copy(delete_updates=True)([1, 2])[0])
g = theano.function([x], [x * w])
print(g([1, 2]), g.copy()([1, 2]))
h = theano.function([x], [x * w, x])
print(h([1, 2]), h.copy()([1, 2]))

a, b = T.dscalars('a', 'b')
s = theano.function([theano.In(a, name='first'), theano.In(b, value=1, name='second')], a + b)
print(s(first=1))
try:
    s(second=2)
except TypeError:
    print('first is missing')
print(s(first=1))
d = theano.function([x, theano.In(y, value=np.array([1., 1.]))], x + y)
try:
    d([1, 2], [1, 2, 3])
except ValueError:
    print('lengths differ')
print(d([1, 2]))

state = theano.shared(1.)
state.default_update = state + 1
step = theano.function([], state)
step()
print(step())
del state.default_update
kept = theano.function([], state)
kept()
print(kept())
