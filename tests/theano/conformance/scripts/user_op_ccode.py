from __future__ import print_function
import numpy as np, theano
from theano import gof, tensor as T
class VectorTimesScalar(gof.Op):
    __props__ = ()
    def make_node(self, x, y):
        return gof.Apply(self, [x, y], [T.dvector()])
    def perform(self, node, inp, out):
        x, y = inp
        out[0][0] = x * y
    def c_code_cache_version(self):
        return (1, 0)
    def c_code(self, node, name, inp, out, sub):
        x, y = inp; z, = out; fail = sub['fail']
        return """
        npy_intp n = PyArray_DIM(%(x)s, 0);
        Py_XDECREF(%(z)s);
        %(z)s = (PyArrayObject*) PyArray_SimpleNew(1, &n, NPY_DOUBLE);
        if (!%(z)s) { %(fail)s; }
        for (int i = 0; i < n; i++)
            *(double*)PyArray_GETPTR1(%(z)s, i) = *(double*)PyArray_GETPTR1(%(x)s, i) * *(double*)PyArray_DATA(%(y)s);
        """ % locals()
x = T.dvector(); y = T.dscalar()
print(theano.function([x, y], VectorTimesScalar()(x, y))([1, 2, 3], 2.5))
