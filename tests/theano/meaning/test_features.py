"""Features of scripts refuse changes of graphs."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import gof

x = T.dvector("x")


class WithoutLogarithms(gof.toolbox.Feature):
    def validate(self, fgraph):
        if any(node.op == T.log for node in fgraph.apply_nodes):
            raise gof.InconsistencyError("no logarithms")


class ToLogarithms(gof.Optimizer):
    def add_requirements(self, fgraph):
        fgraph.attach_feature(gof.toolbox.ReplaceValidate())
        fgraph.attach_feature(WithoutLogarithms())

    def apply(self, fgraph):
        for node in fgraph.toposort():
            with pytest.raises(gof.InconsistencyError, match="no logarithms"):
                fgraph.replace_validate(node.outputs[0], T.log(node.inputs[0]), reason="test")


def test_a_replacement_that_a_feature_refuses_is_not_made():
    f = theano.function([x], T.exp(x), mode=theano.Mode("py", ToLogarithms()))
    np.testing.assert_array_equal(f([0.0]), [1])
