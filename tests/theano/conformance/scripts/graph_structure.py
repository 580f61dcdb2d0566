from __future__ import print_function
import theano, theano.tensor as T
x = T.dmatrix('x')
y = x * 2.
print(type(y.owner).__name__, len(y.owner.inputs), y.owner.inputs[0], type(y.owner.op).__name__)
a = T.dvector('a'); b = a + a ** 10
f = theano.function([a], b)
print(f([0, 1, 2]))
print([str(v) for v in theano.gof.graph.ancestors([b]) if v.name], b.owner.nin, b.owner.nout, b.owner.outputs[0] is b)
print(theano.gof.graph.is_same_graph(b, a + a ** 10), theano.gof.graph.is_same_graph(b, a + a ** 2))
order = theano.gof.graph.io_toposort([a], [b])
print(len(order) >= 2, f.maker.fgraph.toposort() is not None)
