"""Variables that a function replaces, also in loops and in operations made of graphs."""
# flags: floatX=float64
from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano.scan_module.scan_utils import map_variables


def replacer(graph):
    return getattr(graph.tag, 'replacement', graph)


# The example of the function's documentation.
a, b, c = T.dscalars('abc')
ab = a + b
ab.tag.replacement = a * b
u = ab + c
v, = map_variables(replacer, [u])
print([float(value) for value in theano.function([a, b, c], [u, v])(2, 3, 4)])

# Two graphs, and an input.
d, e = T.dscalars('de')
inner = T.exp(d)
inner.tag.replacement = T.sin(d) * e
f1, f2 = map_variables(replacer, [T.sqrt(inner) + inner, inner * e])
print(np.round(theano.function([d, e], [f1, f2])(0.5, 3), 8).tolist())
g, h, k = T.dscalars('ghk')
g.tag.replacement = h * h
w, = map_variables(replacer, [g * k], additional_inputs=[h])
print(float(theano.function([h, k], w)(2, 5)))

# What a loop takes from outside.
x = T.dvector('x')
y, z = T.dscalars('yz')
y.tag.replacement = z
s, _ = theano.scan(lambda x, acc: acc + x * y, sequences=x, outputs_info=[np.array(0.)])
s2, = map_variables(replacer, [s])
print([value.tolist() for value in theano.function([x, y, z], [s, s2])([1, 2, 3], 1, 2)])
g2 = T.grad(s2.sum(), z)
print(float(theano.function([x, z], g2)([1, 2, 3], 2)))

# An operation made of a graph; the replacement has inputs and shared variables from outside.
outer = T.dscalar('outer')
shared = theano.shared(1., name='shared')
p, q = T.dscalars('pq')
r = p + q
r.tag.replacement = outer * (shared + 1) * (p - q)
c, d = T.dscalars('cd')
t = theano.OpFromGraph([p, q], [r])(c, d) * outer
t2, = map_variables(replacer, [t], additional_inputs=[shared])
print([float(value) for value in theano.function([c, d, outer], [t, t2])(7, 3, .5)])

shared.update = shared + 1
try:
    map_variables(replacer, [t], additional_inputs=[shared])
except NotImplementedError as error:
    print('NotImplementedError')
