"""Theano's pages on rewrites and types, and its tutorial's derivative of a linear function."""
# flags: floatX=float64
from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano import gof
from theano.gof.opt import OpRemove, OpSub, PatternSub

# An R-operation whose result does not depend on W, which is an input nevertheless.
W, V = T.dmatrices('WV')
x = T.dvector('x')
JV = theano.Rop(T.dot(x, W), W, V)
f = theano.function([W, V, x], JV)
print(f([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1]).tolist())
both = theano.Rop([T.dot(x, W), (T.dot(x, W) ** 2).sum()], [W], [V])
print([v.tolist() for v in theano.function([W, V, x], both)([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1])])

# A rewrite of nodes as a class.
class Halve(gof.LocalOptimizer):
    def tracks(self):
        return [T.mul]

    def transform(self, node):
        if node.op != T.mul:
            return False
        return [node.inputs[0] + node.inputs[1]]


a, b = T.dscalars('ab')
g = gof.FunctionGraph([a, b], [(a * b) - b], clone=False)
gof.TopoOptimizer(Halve()).optimize(g)
print([type(node.op.scalar_op).__name__.lower() for node in g.toposort()])
print(Halve().transform((a * b).owner)[0].owner.op == T.add)

# Identities are removed, and operations are replaced.
a = T.dscalar('a')
c = T.tensor_copy(a)
g = gof.FunctionGraph([a], [T.exp(c)], clone=False)
gof.TopoOptimizer(OpRemove(T.tensor_copy)).optimize(g)
print(len(g.toposort()), OpRemove(T.tensor_copy).transform(c.owner)[0] is a)
a = T.dscalar('a')
g = gof.FunctionGraph([a], [T.exp(a)], clone=False)
gof.TopoOptimizer(OpSub(T.exp, T.sin)).optimize(g)
print(g.toposort()[0].op == T.sin)

# A type that is made before its methods.
double = gof.Type()
double.filter = lambda value, strict=False, allow_downcast=None: float(value)
print(double.filter(3), double.filter('2.5'))
print(theano.printing.debugprint(a, file='str').split()[0], len(str(theano.printing.debugprint(a))))
