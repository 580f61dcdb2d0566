"""Gradients and directional derivatives that a script gives to an operation made of a graph."""
# flags: floatX=float64
from __future__ import print_function
import numpy as np, theano, theano.tensor as T
from theano import OpFromGraph
from theano.gradient import DisconnectedType

x, y, z = T.dscalars('xyz')
e = x + y * z
given = 2., 3., 4.


def show(title, op, *more):
    out = op(x, y, z)
    grads = T.grad(out, [x, y, z], disconnected_inputs='ignore')
    for mode in ('FAST_RUN', 'FAST_COMPILE'):
        print(title, [float(v) for v in theano.function([x, y, z], [out] + grads, mode=mode)(*given)])


def rescale_dy(inps, grads):
    x, y, z = inps
    return z * 2


def all_of_them(inps, grads):
    x, y, z = inps
    g, = grads
    return [g * 10, g * x, g * y]


def from_output(inps, outs, grads):
    return [outs[0] * grads[0], grads[0] * 2, grads[0] * 3]


show('default', OpFromGraph([x, y, z], [e]))
show('one', OpFromGraph([x, y, z], [e], grad_overrides=['default', rescale_dy, 'default']))
show('all', OpFromGraph([x, y, z], [e], grad_overrides=all_of_them))
show('lop', OpFromGraph([x, y, z], [e], lop_overrides=from_output))
show('positional', OpFromGraph([x, y, z], [e], True, from_output))
show('disconnected', OpFromGraph([x, y, z], [e], grad_overrides=[DisconnectedType()(), rescale_dy, 'default']))

# Another operation made of a graph.
g, o = T.dscalars('go')
show('operation', OpFromGraph([x, y, z], [e], grad_overrides=OpFromGraph([x, y, z, g], [g, g * x * x, g * y], on_unused_input='ignore')))
show('operation of outputs', OpFromGraph([x, y, z], [e], lop_overrides=OpFromGraph([x, y, z, o, g], [g, o * g, g * y], on_unused_input='ignore')))

try:
    OpFromGraph([x, y, z], [e], grad_overrides=all_of_them, lop_overrides=from_output)
except ValueError as error:
    print('ValueError', error)

# In a direction.
v = T.dvector('v')
d = T.dvector('d')
for title, more in (('default', {}), ('all', {'rop_overrides': lambda inps, points: [points[0] * 3]}), ('one', {'rop_overrides': [lambda inps, points: points[0] * inps[0]]})):
    op = OpFromGraph([v], [v ** 2], **more)
    rop = T.Rop(T.tanh(op(v)) * 2, v, d)
    print(title, np.round(theano.function([v, d], rop)([.5, 1.], [1., 2.]), 8).tolist())

# A gradient that is guided, as pictures of what a network sees need it.
op = OpFromGraph([v], [T.nnet.relu(v)], grad_overrides=lambda inps, grads: [grads[0] * (inps[0] > 0) * (grads[0] > 0)])
seen = T.grad((op(v) * d).sum(), v)
print(theano.function([v, d], seen)([1., -2., 3., 4.], [1., 2., -3., .5]).tolist())
