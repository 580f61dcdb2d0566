"""Modules of packages that only Python 2 could import."""

import pytest

from autoenc.theano.modernise.packages2 import imports_python2
from tests.theano.launcher.test_running import launch

HALF = "def half(n):\n    return n / 2\n"


def package(folder, **modules):
    lab = folder / "lab"
    lab.mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (lab / f"{name}.py").write_text(text)
    return lab


@pytest.mark.parametrize(
    ("text", "is_python2"),
    [
        ("from lab.old import x", True),
        ("from lab import old", True),
        ("from . import old", True),
        ("from .old import x", True),
        ("import lab.old as o", True),
        ("import lab.between", True),
        ("class A:\n    from lab import old", True),
        ("import lab.new", False),
        ("import numpy, lab.unknown", False),
        ("def f():\n    import lab.old", False),
        ("try:\n    import lab.old\nexcept ImportError:\n    pass", False),
        ("from six import moves\nimport lab.old", False),
    ],
)
def test_a_module_is_python_2_if_it_imports_one_of_its_package(tmp_path, text, is_python2):
    lab = package(
        tmp_path,
        old="x = 1\nprint 'old'",
        between="import lab.circle\nfrom .evident import f",
        circle="import lab.between",
        evident="def f(x):\n    return xrange(x)",
        new="from lab import __name__",
        module=text,
    )
    assert imports_python2(lab / "module.py") is is_python2


def test_the_order_of_imports_does_not_change_the_meaning_of_a_package(tmp_path):
    package(
        tmp_path,
        first=f"import itertools\nfrom lab.old import x\nn = itertools.count().next()\n{HALF}",
        old="x = 1\nprint 'old'",
        last=HALF,
    )
    (tmp_path / "main.py").write_text(
        "import lab.first, lab.last\nprint(lab.first.half(7), lab.last.half(7), lab.first.n)\n"
    )
    done = launch("main.py", cwd=tmp_path)
    assert done.stdout == "old\n3 3 0\n", done.stderr
