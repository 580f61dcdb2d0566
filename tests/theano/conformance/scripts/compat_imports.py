from __future__ import print_function
import theano
from theano import tensor, function, shared, config, scan, ifelse, gof, compile, printing, gradient
from theano.compat import izip
from collections import OrderedDict
import theano.tensor.nnet.neighbours, theano.tensor.signal.pool, theano.tensor.shared_randomstreams, theano.sandbox.rng_mrg
from theano.tensor.sharedvar import TensorSharedVariable
from theano.compile.sharedvalue import SharedVariable
from theano.gof.graph import Constant, Variable, Apply
s = theano.shared(1.)
print(isinstance(s, SharedVariable), isinstance(theano.tensor.constant(1), Constant), isinstance(theano.tensor.scalar(), Variable))
print([a + b for a, b in izip([1, 2], [3, 4])], list(OrderedDict([(1, 2)]).items()))
print(theano.sandbox.cuda.cuda_available if hasattr(theano.sandbox, 'cuda') and hasattr(theano.sandbox.cuda, 'cuda_available') else False)
