from __future__ import print_function
import sys, theano, theano.tensor as T
x = T.dvector('x')
y = (x * 2 + 1).sum()
s = theano.printing.debugprint(y, file='str')
print(len(s) > 20, 'Sum' in s, 'x [id' in s)
print(repr(x))
print(theano.printing.min_informative_str(x + 1) is not None)
p = theano.printing.Print('value')(x)
f = theano.function([x], p * 2)
print(f([1, 2]))
