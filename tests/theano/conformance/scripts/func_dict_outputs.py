from __future__ import print_function
import theano, theano.tensor as T
x = T.scalar('x')
f = theano.function([x], {'a': x + 1, 'b': x * 2})
out = f(3.)
print(sorted(out.keys()), out['a'], out['b'])
g = theano.function([x], [x + 1])
print(type(g(1.)), g(1.)[0])
h = theano.function([x], x + 1)
print(h(1.), h(x=2.))
n = theano.function([x], [], on_unused_input="ignore")
print(n(1.))
