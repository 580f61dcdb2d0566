from __future__ import print_function
import theano, theano.tensor as T
x = T.scalar('x')
s = theano.shared(2., name='s')
y = T.scalar('y')
f = theano.function([x, theano.In(y, value=3.)], x + y + s)
print(f[y], f(1.))
f[y] = 10.
print(f[y], f(1.))
print(f['y'] if 'y' in f else None)
print(len(f.maker.fgraph.outputs), [i.name for i in f.maker.fgraph.inputs if i.name])
