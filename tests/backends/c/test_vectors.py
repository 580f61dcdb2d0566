"""The compiler turns the loops of costs and scores into vector instructions."""

import platform
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.fg import FunctionGraph
from pytensor.link.c.basic import CLinker
from pytensor.link.c.cmodule import GCC_compiler

from autoenc.backends import resolve_backend
from autoenc.graph import (
    bernoulli_deviance_from_logits,
    bernoulli_entropy,
    cross_entropy_from_logits,
)

FORMS = {
    "cross-entropy": cross_entropy_from_logits,
    "deviance": bernoulli_deviance_from_logits,
    "entropy": lambda x, a: bernoulli_entropy(x) + a,
}
NAME, VERSION = platform.libc_ver()
HAS_VECTORS = NAME == "glibc" and tuple(map(int, VERSION.split("."))) >= (2, 35)
on_x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="for processors of x86-64")
# Where the compiled code finds its headers.
FOLDERS = (
    Path(pytensor.__file__).parent / "link" / "c" / "c_code",
    np.get_include(),
    sysconfig.get_paths()["include"],
)


def assembly(x, a, output):
    """Return the instructions of the loop that computes an expression in C."""
    backend = resolve_backend("c", "cpu")
    compiled = backend.function([x, a], output)._linked.idle[0].function
    (node,) = compiled.maker.fgraph.toposort()
    with backend.flags():
        linker = CLinker().accept(FunctionGraph(node.inputs, node.outputs, clone=True))
        arguments = [*GCC_compiler.compile_args(), *(f"-I{folder}" for folder in FOLDERS)]
        run = subprocess.run(
            ["g++", *arguments, "-S", "-xc++", "-", "-o", "-"],
            input=linker.get_dynamic_module().code(), capture_output=True, text=True, check=True,
        )  # fmt: skip
    return run.stdout


@on_x86_64
@pytest.mark.skipif(not HAS_VECTORS, reason="vectors of log1p need glibc 2.35")
@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FORMS)
def test_exponentials_and_logarithms_are_those_of_vectors(name, dtype):
    x, a = pt.matrix("x", dtype=dtype), pt.matrix("a", dtype=dtype)
    text = assembly(x, a, FORMS[name](x, a))
    called = set(re.findall(r"_ZGV\w+?_(\w+)", text))
    expected = {"cross-entropy": "exp log1p", "deviance": "exp log log1p", "entropy": "log log1p"}
    suffix = "f" if dtype == "float32" else ""
    assert called == {f"{function}{suffix}" for function in expected[name].split()}


@on_x86_64
@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
@pytest.mark.parametrize("name", FORMS)
def test_float32_is_not_converted_to_double(name):
    x, a = pt.fmatrix("x"), pt.fmatrix("a")
    text = assembly(x, a, FORMS[name](x, a))
    assert not re.findall(r"\bv?cvt(?:[ps]s2[ps]d|[ps]d2[ps]s)\b", text)
