from __future__ import print_function
import numpy as np, theano, theano.tensor as T
import theano.typed_list
tl = theano.typed_list.TypedListType(T.fvector)()
v = T.fvector()
o = theano.typed_list.append(tl, v)
f = theano.function([tl, v], o)
print(f([[1, 2, 3], [4, 5]], [2]))
print(theano.function([tl], theano.typed_list.length(tl))([np.ones(2, 'float32')]))
