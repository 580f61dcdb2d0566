from __future__ import print_function
import theano, theano.tensor as T
a = theano.shared(1)
values, updates = theano.scan(lambda: {a: a + 1}, n_steps=10)
print(values, len(updates))
b = a + 1
c = updates[a] + 1
f = theano.function([], [b, c], updates=updates)
print([int(v) for v in f()]); print(a.get_value())
print([int(v) for v in f()]); print(a.get_value())
g = theano.function([], b)
print(int(g()))
