"""Source in Python 2 prints what Python 2.7.18 printed.

`python2_prints.txt` has short scripts. After each, lines that begin with "=> " are what it printed
with Python 2.7.18 and NumPy 1.16.6, in a folder with a file t.txt of one line, "abc".
"""

import ast
import gc
import logging
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

from autoenc.theano.modernise import builtins2, imports, library, removed, runtime
from autoenc.theano.modernise.source import modernise

# Scripts of the time left files open. The launcher ignores these warnings, too.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCRIPTS = Path(__file__).with_name("python2_prints.txt").read_text("utf-8").split("\n\n")


@pytest.fixture(autouse=True, scope="module")
def _closing():
    yield
    # Files that are still open would be closed, with a warning, in another test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    removed.install()
    library.install()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_text("abc\n")


def run(script):
    """Run a script of Python 2, and return its names."""
    modernised = modernise(f"{script}\n", beside_python2=True)
    assert modernised.is_python2
    names = {"__name__": "__main__"}
    exec(compile(modernised.tree, "<script>", "exec"), names)
    return names


def parts(text):
    """Return a script and what it printed."""
    lines = [line for line in text.split("\n") if not line.startswith("=> ")]
    printed = [line[3:] for line in text.split("\n") if line.startswith("=> ")]
    return "\n".join(lines), "\n".join(printed)


@pytest.mark.parametrize("text", [text for text in SCRIPTS if text.strip()])
def test_scripts_print_the_same(text, capfd):
    script, printed = parts(text)
    run(script)
    assert capfd.readouterr().out.strip() == printed


def test_numbers_of_numpy_are_rounded_to_floats():
    names = run(
        "import numpy as np\nx = [round(np.float32(2.5)), round(np.float64(0.5)), round(2.675, 2)]"
    )
    assert names["x"] == [3.0, 1.0, 2.67]
    assert all(type(x) is float for x in names["x"])
    names = run(
        "import math, numpy as np\nx = math.floor(np.array([2.5])), np.floor(np.array([2.5]))"
    )
    assert names["x"] == (2.0, np.array([2.0]))
    assert np.isnan(run("x = round(float('nan'))")["x"])
    assert run("x = [round(1e300), round(1.5, 40), round(1234.5, -2)]")["x"] == [1e300, 1.5, 1200]


def test_text_that_is_evaluated_is_converted_by_the_importer():
    assert runtime.compiling.text is imports.code_of_text
    names = {"a": 7}
    assert eval(imports.code_of_text("a / 2", "eval"), names) == 3
    exec(imports.code_of_text("b = map(None, [a])", "exec"), names)
    assert names["b"] == [7]
    assert imports.code_of_text("1 +", "eval") == "1 +"


def test_functions_of_the_script_and_of_libraries_are_as_they_are():
    names = run(
        """
import numpy as np
from numpy import max, round
def sorted(x, y, key=0): return x, y, key
class Layer(object):
    def encode(self, x): return x
    def join(self, a, b=2): return a, b
    def sort(self): return "sorted"
    def update(self, x): return x
    def read(self): return [b"plain"]
layer = Layer()
x = (max(np.array([1, 2])), round(np.array([0.5, 1.5])).tolist(), sorted(2, 1, key=5),
     layer.encode("a"), layer.join(1), layer.join(1, b=3), layer.sort(), layer.update(5),
     layer.read())
"""
    )
    expected = (2, [0, 2], (2, 1, 5), "a", (1, 2), (1, 3), "sorted", 5, [b"plain"])
    assert names["x"] == expected


def test_symbolic_variables_are_compared_as_before():
    names = run(
        "import autoenc.theano.tensor as T\nx = T.dscalar('x')\nless, other = x < 1, x >= 2"
    )
    assert names["less"].eval({names["x"]: 0.5})
    with pytest.raises(TypeError):
        run("import autoenc.theano.tensor as T\nT.dscalar('x') < None")
    with pytest.raises(TypeError):
        run("import autoenc.theano.tensor as T\nmax(T.dscalar('x'), T.dscalar('y'))")


def test_it_is_said_once_that_pythons_generator_draws_other_numbers(caplog, monkeypatch):
    builtins2._say_that_draws_differ.cache_clear()
    monkeypatch.setattr(builtins2, "_seeded", [])
    with caplog.at_level(logging.WARNING, "theano"):
        run("import random, numpy\nnumpy.random.seed(1); numpy.random.shuffle([1])")
        run("import random\nrandom.seed(); random.shuffle([1, 2]); random.Random")
        assert caplog.messages == []
        run("import random\nrandom.seed(1)\nfor i in range(3): random.shuffle([1, 2])")
        assert len(caplog.messages) == 1
        run("import random\nrandom.Random(1).choice([1, 2])")
    assert [message[:21] for message in caplog.messages] == [
        "random.shuffle draws ", "random.choice draws a",
    ]  # fmt: skip


def test_data_that_are_not_text_are_read_as_bytes(tmp_path):
    (tmp_path / "f").write_bytes(b"\x00\xff\xfe12")
    names = run(
        "import struct\ns = open('f').read()\nx = [ord(c) for c in s], struct.unpack('BB', s[:2])"
    )
    assert names["x"] == ([0, 255, 254, 49, 50], (0, 255))
    (tmp_path / "latin").write_bytes("é\n".encode("latin1"))
    assert run("x = [l.decode('latin1') for l in open('latin')]")["x"] == ["é\n"]


def test_modules_of_a_package_import_each_other_without_a_dot(tmp_path, capfd):
    """The lines are those of Python 2.7.18."""
    package = tmp_path / "siblings"
    (package / "sub").mkdir(parents=True)
    (package / "sub" / "__init__.py").touch()
    (package / "sub" / "leaf.py").write_text("value = 3\n")
    (package / "beside.py").write_text("value = 5\n")
    (package / "__init__.py").write_text("""
import sub.leaf
print sub.leaf.value
import sub.leaf as L, os, beside as B, beside
from sub.leaf import value
from beside import *
print L.value, B.value, beside.value, value, os.sep
""")
    code = imports.code_of_module(
        (package / "__init__.py").read_bytes(), str(package / "__init__.py"), "siblings"
    )
    names = {"__name__": "siblings", "__package__": "siblings", "__path__": [str(package)]}
    module = types.ModuleType("siblings")
    vars(module).update(names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "siblings", module)
        exec(code, vars(module))
        for name in [name for name in sys.modules if name.startswith("siblings.")]:
            patch.delitem(sys.modules, name)
    assert capfd.readouterr().out == "3\n3 5 5 5 /\n"


@pytest.mark.parametrize(
    ("text", "is_python2"),
    [
        ("from beside import value\n", True),
        ("import six\nfrom beside import value\n", True),
        ("from __future__ import division\nimport beside\n", True),
        ("from __init__ import value\n", True),
        ("try:\n    import six\nexcept ImportError:\n    six = None\nimport beside\n", True),
        ("try:\n    import beside\nexcept ImportError:\n    from . import beside\n", False),
        ("from __future__ import absolute_import\nimport beside\n", False),
        ("import six\nimport json\n", False),
        ("import beside\nprint(f'{beside}')\n", False),
    ],
)
def test_only_python_2_imports_a_module_beside_it_by_its_name(text, is_python2, tmp_path):
    for name in ("__init__", "beside", "json"):
        (tmp_path / f"{name}.py").touch()
    modernised = modernise(text, str(tmp_path / "a.py"))
    assert modernised.is_python2 == is_python2
    assert ("from ." in ast.unparse(modernised.tree)) == (is_python2 or "from ." in text)


def test_an_absolute_import_is_not_of_a_sibling(tmp_path):
    (tmp_path / "__init__.py").touch()
    (tmp_path / "json.py").touch()
    text = "import json\nprint json\n"
    beside = modernise(text, str(tmp_path / "a.py"))
    absolute = modernise(f"from __future__ import absolute_import\n{text}", str(tmp_path / "a.py"))
    assert "from . import json" in ast.unparse(beside.tree)
    assert "from . import json" not in ast.unparse(absolute.tree)


def test_source_of_python_3_keeps_its_meaning():
    names = {}
    text = "x = [round(2.5), list(map(lambda a, b: a, [1], [1, 2])), 'é'.encode()]\n"
    exec(compile(modernise(text).tree, "<script>", "exec"), names)
    assert names["x"] == [2, [1], "é".encode()]
