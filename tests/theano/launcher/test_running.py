"""The command ``python -m autoenc.theano``."""

import os
import subprocess
import sys

import pytest

from autoenc.folders import cache_folder

SCRIPT = """
import sys, cPickle
import theano, numpy
import theano.tensor as T
from theano.tensor.nnet import sigmoid
from helper import third
x = T.dmatrix('x')
f = theano.function([x], x.sum() / 2, mode='FAST_COMPILE')
print theano.config.floatX, f(numpy.ones((2, 2))), 7 / 2, third(10), sys.argv[1:]
print 1e100 - numpy.float32(1), __name__, numpy.float
"""
HELPER = "def third(n):\n    print 'helper',\n    return n / 3\n"


def launch(*arguments, cwd, **environment):
    # In another home folder there are no settings; what was compiled stays in reach.
    home = {"HOME": str(cwd), "XDG_CACHE_HOME": str(cache_folder().parent)}
    return subprocess.run(
        [sys.executable, "-m", "autoenc.theano", *arguments],
        cwd=cwd,
        env={**os.environ, "THEANORC": "", **home, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_script_of_python_2_with_a_module_beside_it(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "helper.py").write_text(HELPER)
    done = launch("script.py", "a", "-b", cwd=tmp_path)
    assert done.stderr == ""
    expected = "helper float64 2.0 3 3 ['a', '-b']\n1e+100 __main__ <class 'float'>\n"
    assert done.stdout == expected
    assert (tmp_path / "script.py").read_text() == SCRIPT
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".pyc") == []


def test_a_float_where_python_2_had_an_integer_is_explained(tmp_path):
    (tmp_path / "script.py").write_text("print(range(7 / 2))\n")
    assert "--python2." in launch("script.py", cwd=tmp_path).stderr
    assert launch("--python2", "script.py", cwd=tmp_path).stdout == "[0, 1, 2]\n"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 has no module imp")
def test_a_module_of_python_2_is_loaded_from_its_file(tmp_path):
    (tmp_path / "other.py").write_text("print 'loaded', 7 / 2\nx = 5\n")
    (tmp_path / "script.py").write_text("import imp\nprint imp.load_source('m', 'other.py').x\n")
    done = launch("script.py", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("loaded 3\n5\n", "")


def test_commands_and_modules(tmp_path):
    (tmp_path / "tool.py").write_text("import theano\nprint theano.__version__\n")
    assert (
        launch(
            "-c",
            "import theano; print theano.config.floatX",
            cwd=tmp_path,
            THEANO_FLAGS="floatX=float32",
        ).stdout
        == "float32\n"
    )
    assert launch("-m", "tool", cwd=tmp_path).stdout == "1.0.5\n"


def test_tests_of_the_time(tmp_path):
    (tmp_path / "test_old.py").write_text(
        "import theano\nimport numpy\n"
        "def test_it():\n    print 'x'\n    assert numpy.arange(4)[[slice(0, 2)]].size == 2\n"
    )
    done = launch("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_tests_that_yield_calls(tmp_path):
    (tmp_path / "test_old.py").write_text(
        "def check(n, odd):\n    assert n % 2 == odd\n"
        "def test_each():\n    for n in xrange(3): yield check, n, n % 2\n"
        "class TestIt:\n"
        "    def test_one(self):\n        yield self.check\n"
        "    def test_wrong(self):\n        yield check, 1, 1\n        yield check, 1, 0\n"
        "    def check(self): pass\n"
    )
    done = launch("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    assert "TestIt::test_wrong" in done.stdout


def test_hooks_that_have_a_path_as_before_pytest_9(tmp_path):
    (tmp_path / "conftest.py").write_text(
        "import pytest\n"
        "def pytest_ignore_collect(path, config):\n    return path.fnmatch('*/test_gpu.py')\n"
        "def pytest_collect_file(parent, path):\n    print('file', path.basename)\n"
    )
    (tmp_path / "test_gpu.py").write_text("import nothing_of_this_name\n")
    (tmp_path / "test_old.py").write_text("def test_it(): pass\n")
    done = launch("-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout
    assert "file test_old.py" in done.stdout


def test_a_process_of_pytest_reads_old_tests_with_the_plugin_alone(tmp_path):
    # pytest-xdist starts its processes so: with the plugins, without the launcher.
    (tmp_path / "conftest.py").write_text("import theano\n")
    (tmp_path / "test_old.py").write_text("def test_it():\n    print 'x'\n    assert 3 / 2 == 1\n")
    command = ["-m", "pytest", "-p", "autoenc.theano.launcher.testing", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "1 passed" in done.stdout, done.stdout


def test_a_script_that_is_not_there(tmp_path):
    done = launch("nothing.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot read nothing.py" in done.stderr


def test_old_gpu_settings_run_on_the_cpu_and_say_so_once(tmp_path):
    (tmp_path / "s.py").write_text(
        "import theano\nx = theano.tensor.dscalar()\n"
        "for i in range(2): print(theano.function([x], x + i)(1))\n"
    )
    done = launch("s.py", cwd=tmp_path, THEANO_FLAGS="device=gpu,lib.cnmem=0.8,floatX=float64")
    assert done.stdout == "1.0\n2.0\n"
    assert done.stderr.count("finds no CUDA GPU") == 1
    assert done.stderr.count("lib.cnmem=0.8 is ignored") == 1


def test_explain(tmp_path):
    (tmp_path / "s.py").write_text(
        "import theano.tensor as T\nfrom theano.sandbox.cuda import GpuOp\n"
        "x = T.flatten(T.dscalar())\nprint x\n"
    )
    done = launch("--explain", "s.py", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "    theano.tensor.flatten: translated" in lines
    assert "    Python 2: read as print(x)" in lines
    assert any(line.startswith("    theano.sandbox.cuda.GpuOp: REFUSED: ") for line in lines)
    assert lines[-1] == "s.py: Python 2, read as Python 3; 1 uses do not work."


HANDED_OVER = {
    "theano.tensor.nonzero": "T.nonzero(x)[0]",
    "theano.tensor.repeat": "T.repeat(x, k, axis=0)",
    "theano.tensor.choose": "T.choose(k, [x[0], x[1]])",
    "theano.tensor.j0": "T.j0(x)",
    "theano.tensor.fft.rfft": "T.fft.rfft(x)",
    "theano.tensor.bartlett": "T.bartlett(k[0])",
    "theano.tensor.extra_ops.Unique": "T.extra_ops.Unique()(x)",
    "theano.tensor.unravel_index": "T.unravel_index(k, (2, 3))[0]",
    "theano.printing.Print": "theano.printing.Print('x')(x)",
    "theano.tensor.shared_randomstreams.RandomStreams": "RandomStreams(1).uniform((2,))",
}
ON_XLA = {
    "theano.tensor.exp": "T.exp(x)",
    "theano.sandbox.rng_mrg.MRG_RandomStreams": "MRG_RandomStreams(1).uniform((2,))",
}


def test_explain_names_what_xla_hands_over_to_c(tmp_path):
    script = (
        "import numpy, theano, theano.tensor as T\n"
        "from theano.tensor.shared_randomstreams import RandomStreams\n"
        "from theano.sandbox.rng_mrg import MRG_RandomStreams\n"
        "x, k = T.fmatrix(), T.lvector()\n"
        "def run(y):\n"
        "    f = theano.function([x, k], y, name=str(len(names)), on_unused_input='ignore')\n"
        "    f(numpy.ones((2, 2), 'float32'), numpy.array([1, 0]))\n"
        "names = []\n"
    )
    expressions = {**HANDED_OVER, **ON_XLA}
    for expression in expressions.values():
        script += f"run({expression}); names.append(1)\n"
    (tmp_path / "s.py").write_text(script)
    explained = launch("--explain", "s.py", cwd=tmp_path).stdout
    ran = launch("s.py", cwd=tmp_path, AUTOENC_BACKEND="xla", THEANO_FLAGS="floatX=float32,cxx=")
    for number, name in enumerate(expressions):
        note = next(line for line in explained.splitlines() if line.strip().startswith(f"{name}:"))
        assert ("runs in C" in note) == (name in HANDED_OVER), note
        assert (f"function {number} runs in C" in ran.stderr) == (name in HANDED_OVER), ran.stderr


MAIN = """
import plain, divided, both
execfile('executed.py')
print plain.third(10), plain.pairs, divided.third(10), both.third(10), executed(10)
"""


def test_modules_of_a_script_in_python_2_are_python_2_unless_they_support_3(tmp_path):
    third = "def third(n):\n    return n / 4\n"
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "plain.py").write_text(f"pairs = zip([1, 2], [3, 4])[1:]\n{third}")
    (tmp_path / "divided.py").write_text(f"from __future__ import division\n{third}")
    (tmp_path / "both.py").write_text(f"import sys\nold = sys.version_info < (3,)\n{third}")
    (tmp_path / "executed.py").write_text("def executed(n):\n    return map(int, [n / 4])[0]\n")
    done = launch("main.py", cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout == "2 [(2, 4)] 2.5 2.5 2\n"
    # Beside a script in Python 3, the same module is read as Python 3.
    (tmp_path / "divided.py").write_text(third)
    (tmp_path / "main.py").write_text("import divided\nprint(divided.third(10), end='')\n")
    assert launch("main.py", cwd=tmp_path).stdout == "2.5"


def test_packages_of_python_2_import_their_modules_without_a_dot(tmp_path):
    package = tmp_path / "lab"
    (package / "tools").mkdir(parents=True)
    (package / "__init__.py").write_text("from tools import half\nimport store\n")
    (package / "tools" / "__init__.py").write_text("def half(n):\n    return n / 2\n")
    (package / "store.py").write_text("pairs = zip([1], [2])[0]\n")
    (package / "other.py").write_text("from lab import half\nassert half(1) / 2 == 0\n")
    (tmp_path / "main.py").write_text(
        "import lab, lab.other\nprint(lab.half(7), lab.store.pairs)\n"
    )
    done = launch("main.py", cwd=tmp_path)
    assert done.stdout == "3 (1, 2)\n", done.stderr


def test_a_script_of_python_2_may_be_run_in_the_folder_of_its_package(tmp_path):
    # It and the modules that it imports are then outside of the package.
    (tmp_path / "__init__.py").write_text("print 'not imported'\n")
    (tmp_path / "first.py").write_text("from second import n\nprint 'first', n\n")
    (tmp_path / "second.py").write_text("n = 7 / 2\n")
    (tmp_path / "main.py").write_text("import first, second\nprint 'main', second.n\n")
    done = launch("main.py", cwd=tmp_path)
    assert done.stdout == "first 3\nmain 3\n", done.stderr


def test_files_are_read_as_python_2_if_asked_for(tmp_path):
    (tmp_path / "main.py").write_text("import half\nprint(1 / 2, half.half)\n")
    (tmp_path / "half.py").write_text("half = 7 / 2\n")
    assert launch("main.py", cwd=tmp_path).stdout == "0.5 3.5\n"
    assert launch("--python2", "main.py", cwd=tmp_path).stdout == "(0, 3)\n"
    (tmp_path / "test_half.py").write_text(
        "import half\n\ndef test_half():\n    assert (half.half, 1 / 2) == (3, 0)\n"
    )
    quiet = ("-p", "no:cacheprovider", "-q")
    assert launch("--python2", "-m", "pytest", *quiet, cwd=tmp_path).returncode == 0
    assert launch("-m", "pytest", *quiet, cwd=tmp_path).returncode == 1
