from __future__ import print_function
import theano, theano.tensor as T
x = T.scalar('x'); y = T.scalar('y')
print(theano.function([x, y], x + 1, on_unused_input='ignore')(1., 2.))
try:
    theano.function([x, y], x + 1)
except theano.compile.UnusedInputError:
    print('UnusedInputError')
