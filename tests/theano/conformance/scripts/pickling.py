from __future__ import print_function
import numpy as np, theano, theano.tensor as T
try:
    import cPickle as pickle
except ImportError:
    import pickle
x = T.matrix('x')
w = theano.shared(np.arange(4, dtype='float32').reshape(2, 2), name='w')
y = T.dot(x, w)
f = theano.function([x], y)
g = pickle.loads(pickle.dumps(f, protocol=2))
print(g(np.ones((1, 2), 'float32')))
w2 = pickle.loads(pickle.dumps(w, protocol=2))
print(w2.get_value(), w2.name)
x2, y2 = pickle.loads(pickle.dumps((x, y), protocol=2))
print(theano.function([x2], y2)(np.ones((1, 2), 'float32')))
