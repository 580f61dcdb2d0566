# flags: floatX=float64,optimizer_excluding=fusion:inplace
import sys
import numpy as np
import theano
import theano.tensor as T
from theano.compile.nanguardmode import NanGuardMode
from theano.tensor.elemwise import DimShuffle


def inspect_inputs(i, node, fn):
    names.append(type(i).__name__)
    seen.append([float(np.asarray(value[0]).sum()) for value in fn.inputs])


def inspect_outputs(i, node, fn):
    results.append([float(np.asarray(value[0]).sum()) for value in fn.outputs])


def detect_nan(i, node, fn):
    for output in fn.outputs:
        if (not isinstance(output[0], np.random.RandomState) and
            np.isnan(output[0]).any()):
            print('*** NaN detected ***')
            break


names, seen, results = [], [], []
x = T.dscalar('x')
f = theano.function([x], [5 * x],
                    mode=theano.compile.MonitorMode(
                        pre_func=inspect_inputs,
                        post_func=inspect_outputs))
print(f(3), names, seen, results)
g = theano.function([x], [T.log(x) * x],
                    mode=theano.compile.MonitorMode(post_func=detect_nan).excluding('local_elemwise_fusion', 'inplace'))
print(np.isnan(g(-1)[0]), g(1))
h = theano.function([x], x / (x - 1), mode=NanGuardMode(nan_is_error=True, inf_is_error=True, big_is_error=False))
print(h(3))
try:
    h(1)
except AssertionError:
    print('AssertionError')
text = theano.printing.debugprint(T.dscalar('y') * 2, -1, False, 'str', 'int')
print(isinstance(text, str))
theano.printing.debugprint(x, file=sys.stdout, ids='')
v = T.vector('v')
print(theano.function([v], DimShuffle((False,), ['x', 0])(v))([1, 2]))
print(theano.function([v], DimShuffle(v.broadcastable, (0, 'x', 'x'))(v))([1, 2]).shape)
for make in (lambda: DimShuffle((False, False), (0,)), lambda: DimShuffle((False, False), (1, 0))(v)):
    try:
        make()
    except (TypeError, ValueError) as error:
        print(type(error).__name__)
