"""Names of Theano's modules: found, refused with a reason, or never there."""

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import numpy as np
import pytensor
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import catalogue, names
from autoenc.theano.known import RELEASES, imported_names, names_of_release
from autoenc.theano.names import full_name
from autoenc.theano.refusals import NotAvailableError, Refused
from autoenc.theano.states import REFUSED, SAME, TRANSLATED, state_of, states_of_module
from autoenc.theano.tensor.nnet import nnet


def test_inv_is_the_reciprocal():
    assert float(T.inv(T.constant(4.0)).eval()) == 0.25


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("theano.tensor.tanh", SAME),
        ("theano.function", TRANSLATED),
        ("theano.tensor.flatten", TRANSLATED),
        ("theano.theano.tensor.dot", TRANSLATED),
        ("theano.compat.six.moves.xrange", SAME),
        ("theano.gof.utils.integer_types", SAME),
        ("theano.sandbox.cuda.GpuOp", REFUSED),
        ("theano.tensor.io.MPISend", REFUSED),
    ],
)
def test_states(name, kind):
    assert state_of(name).kind == kind


@pytest.mark.parametrize("release", RELEASES)
def test_at_least_95_percent_of_theano_tensor_is_here(release):
    states = states_of_module("tensor")
    names = names_of_release(release)["tensor"]
    here = [name for name in names if states[name].kind in (SAME, TRANSLATED)]
    assert len(here) >= 0.95 * len(names), sorted(names - set(here))


def test_modules_that_imported_a_name_have_the_object_of_the_module_that_defined_it():
    different = []
    for module in catalogue.SOURCES:
        for name, (home, original) in imported_names(module).items():
            if home in catalogue.SOURCES and original:
                there = getattr(import_module(f"autoenc.{full_name(home)}"), original, None)
                here = getattr(import_module(f"autoenc.{full_name(module)}"), name, None)
                refused = there is None or isinstance(there, Refused)
                different += [] if refused or here is there else [full_name(module, name)]
    assert different == []


def test_settings_are_the_same_in_every_module():
    from autoenc.theano.configdefaults import config as defaults
    from autoenc.theano.tensor.nnet.nnet import config as of_nnet

    assert T.config is T.basic.config is defaults is of_nnet is theano.config
    assert T.config.device == "cpu"


def test_operations_of_nnet_can_be_constructed():
    x, y = np.array([[0.0, 1.0], [2.0, 0.0]]), np.array([1, 1])
    biased = nnet.SoftmaxWithBias()(x, np.zeros(2))
    np.testing.assert_allclose(biased.eval(), T.nnet.softmax(x).eval())
    cost, probabilities, best = nnet.CrossentropySoftmaxArgmax1HotWithBias()(x, np.zeros(2), y)
    np.testing.assert_allclose(cost.eval(), -np.log(biased.eval()[:, 1]))
    np.testing.assert_array_equal(best.eval(), [1, 0])
    dx = nnet.CrossentropySoftmax1HotWithBiasDx()(np.ones(2), probabilities, y)
    np.testing.assert_allclose(dx.eval(), biased.eval() - [[0, 1], [0, 1]])
    np.testing.assert_allclose(nnet.CrossentropyCategorical1Hot()(biased, y).eval(), cost.eval())
    dy = nnet.CrossentropyCategorical1HotGrad()(np.ones(2), biased, y)
    np.testing.assert_allclose(nnet.SoftmaxGrad()(dy, biased).eval(), dx.eval())
    with_ones = nnet.Prepend_scalar_constant_to_each_row(1.0)(x)
    np.testing.assert_array_equal(with_ones.eval()[:, 0], [1, 1])
    with_twos = nnet.Prepend_scalar_to_each_row()(2.0, x)
    np.testing.assert_array_equal(with_twos.eval()[:, 0], [2, 2])
    assert nnet.SoftmaxWithBias() == nnet.SoftmaxWithBias() != nnet.SoftmaxGrad()


def test_the_parameters_of_corr3d_have_theanos_order():
    from autoenc.theano.tensor.nnet.corr3d import Corr3dMM

    x, w = np.ones((1, 4, 2, 2, 2)), np.ones((2, 2, 1, 1, 1))
    two_groups = Corr3dMM("valid", (1, 1, 1), (1, 1, 1), None, 2)
    assert two_groups(T.constant(x), T.constant(w)).eval().shape == (1, 2, 2, 2, 2)


def test_every_module_of_the_catalogue_can_be_imported():
    for module in catalogue.SOURCES:
        name = f"autoenc.{full_name(module)}"
        assert sys.modules.get(name) or __import__(name, fromlist=["x"])


def test_a_refused_name_can_be_imported_and_says_why_when_it_is_used():
    from autoenc.theano.sandbox.cuda import GpuOp

    assert isinstance(GpuOp, Refused)
    assert not isinstance(T.matrix().owner, GpuOp)
    match = r"theano\.sandbox\.cuda\.GpuOp does not work .* Use the operation's name in theano"
    with pytest.raises(NotAvailableError, match=match):
        GpuOp()


def test_classes_inherit_from_a_refused_name_but_have_no_instances():
    from autoenc.theano.sandbox.cuda import GpuOp

    class Own(GpuOp):
        def __init__(self, size):
            self.size = size

    with pytest.raises(NotAvailableError, match=r"theano\.sandbox\.cuda\.GpuOp does not work"):
        Own(3)


def test_a_name_that_theano_never_had():
    with pytest.raises(AttributeError, match=r"neither Theano 0\.9 nor 1\.0\.5 had one"):
        _ = T.nothing_of_the_kind
    assert not hasattr(theano, "nothing_of_the_kind")


def test_star_imports_give_theanos_names():
    names = {}
    exec("from autoenc.theano.tensor import *", names)
    assert names["inv"] is T.inv
    assert {"matrix", "dot", "sqr", "fmatrix", "nnet", "grad"} <= set(names)
    assert not any(isinstance(value, Refused) for value in names.values())


def test_star_imports_give_the_modules_that_theano_imported():
    names = {}
    exec("from autoenc.theano import *", names)
    assert names["np"] is np
    assert names["tensor"] is T
    assert {"config", "gof", "gradient", "scan", "shared", "sys"} <= set(names)
    exec("from autoenc.theano.tensor import *", names)
    assert T.np is names["numpy"] is np


def test_constants_and_shared_variables_are_not_of_the_class_of_variables():
    x = T.dvector("x")
    assert isinstance(x, T.TensorVariable)
    assert isinstance(x + 1, T.basic.TensorVariable)
    assert not isinstance(T.constant(1.0), T.TensorVariable)
    assert not isinstance(theano.shared(1.0), T.TensorVariable)

    class Named(T.TensorVariable):
        pass

    named = Named(T.dscalar, None, None, name="n")
    assert isinstance(named, Named)
    assert isinstance(named, T.TensorVariable)
    assert not isinstance(x, Named)
    assert (named * 2).eval({named: 3}) == 6
    assert issubclass(type(x), T.TensorVariable)


def test_methods_may_be_added_to_variables():
    T.TensorVariable.twice = lambda x: 2 * x
    try:
        x = T.dscalar("x")
        assert T.constant(2.0).twice().eval() == x.twice().eval({x: 2.0}) == 4
    finally:
        del type(T.dscalar()).twice


def test_dtypes_of_sparse_matrices():
    sparse = import_module("autoenc.theano.sparse")
    assert "float32" in sparse.SparseType.dtype_set
    assert "float16" not in sparse.SparseType.dtype_set


def test_functions_have_parameters():
    x = T.dscalar("x")
    f = import_module("autoenc.theano.compile.pfunc").pfunc(params=[x], outputs=2 * x)
    assert f(3) == 6
    with pytest.raises(ValueError, match="dictionary"):
        import_module("autoenc.theano.compile").pfunc([x], [x], output_keys=["x"])


def test_assertions_of_theanos_rewrites():
    checked = T.opt.assert_op(T.constant(2.0), T.constant(True))
    assert checked.eval() == 2
    with pytest.raises(AssertionError):
        T.opt.assert_op(T.constant(2.0), T.eq(1, 2)).eval()


def test_theano_itself_is_not_importable_until_a_script_is_run():
    code = "import autoenc.theano\ntry:\n import theano\nexcept ImportError: print('not')"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert out.stdout == "not\n"


@pytest.mark.parametrize(
    "module",
    ["tensor.sort", "tensor.var", "compile.function", "compile.pfunc", "scan_module.scan"],
)
def test_functions_hide_the_modules_of_their_name(module):
    imported = import_module(f"autoenc.theano.{module}")
    parent, _, name = module.rpartition(".")
    assert callable(getattr(import_module(f"autoenc.theano.{parent}"), name))
    assert isinstance(imported, ModuleType)


@pytest.mark.parametrize("name", ["lazylinker_c", "cutils"])
def test_without_a_compiler_no_import_compiles(monkeypatch, name):
    monkeypatch.setattr(pytensor.config, "cxx", "")
    assert f"pytensor.link.c.{name}" in catalogue.SOURCES[f"gof.{name}"]
    assert list(names._sources(f"gof.{name}")) == []
