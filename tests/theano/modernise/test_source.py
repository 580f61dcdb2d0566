"""Old source text behaves today as it did under Python 2 and NumPy 1."""

import io
import math
import pickle

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc.theano.modernise import imports, modernise, pickles, runtime
from autoenc.theano.modernise.python2 import encoding_of
from autoenc.theano.modernise.runtime import promoted
from autoenc.theano.results import guarded


def run(text):
    names = {}
    exec(compile(modernise(text).tree, "<test>", "exec"), names)
    return names


PYTHON2 = """
from collections import OrderedDict
import itertools
seen = []
for i in xrange(3):
	seen.append(i),
        seen.append(-i)
print "seen", seen
half = 7 / 2
quarter = 7.0 / 2
n = 7; n /= 2
d = {1: 2}
has = d.has_key(1)
items = [v for k, v in d.iteritems()]
try:
    raise ValueError, "message"
except ValueError, error:
    text = str(error)
exec "made = 5"
ne = 1 <> 2
text2 = `1`
u = unicode("u")
pairs = map(lambda (a, b): a + b, zip([1], [2]))
octal = 0777
big = 10L
sorted_keys = d.keys(); sorted_keys.sort()
"""


def test_python_2(capsys):
    names = run(PYTHON2)
    assert capsys.readouterr().out == "seen [0, 0, 1, -1, 2, -2]\n"
    expected = {
        "half": 3,
        "quarter": 3.5,
        "n": 3,
        "has": True,
        "items": [2],
        "text": "message",
        "made": 5,
        "ne": True,
        "text2": "1",
        "u": "u",
        "pairs": [3],
        "octal": 511,
        "big": 10,
        "sorted_keys": [1],
    }
    assert {name: names[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "is_python2"),
    [
        ("x = 7 / 2", False),
        ("for i in xrange(3): pass", True),
        ("from six.moves import xrange\nfor i in xrange(3): pass", False),
        ("try:\n    xrange\nexcept NameError:\n    xrange = range\nxrange(3)", False),
        ("import cPickle", True),
        ("try:\n    import cPickle\nexcept ImportError:\n    import pickle", False),
        ("d.iteritems()", True),
        ("print(1)", False),
        ("print 1", True),
    ],
)
def test_which_python_it_is(text, is_python2):
    assert modernise(text).is_python2 is is_python2


def test_division_that_is_asked_for_is_true():
    assert run("from __future__ import division\nprint 1\nx = 7 / 2")["x"] == 3.5
    assert run("x = 7 / 2")["x"] == 3.5


def test_text_that_is_neither_python():
    with pytest.raises(SyntaxError, match="neither Python 3 nor Python 2"):
        modernise("def f(:\n  pass", "broken.py")


def test_changes_are_told_by_line():
    changes = modernise("x = 1\nprint x\n").changes
    assert [(c.line, c.text) for c in changes] == [(2, "print(x)")]


@pytest.mark.parametrize(
    ("a", "b", "dtype"),
    [
        (np.float32(3), 2.0, "float64"),
        (np.float32(3), 2, "float64"),
        (np.float32(3), np.float32(2), "float32"),
        (np.ones(2, "float32"), np.float64(2), "float32"),
        (np.ones(2, "float32"), 1e100, "float64"),
        (np.ones(2, "float32"), np.array(2.0), "float32"),
        (np.ones(2, "int8"), 3, "int8"),
        (np.ones(2, "int8"), 300, "int16"),
        (np.ones(2, "uint8"), -1, "int16"),
        (np.ones(2, "int64"), np.float32(2), "float64"),
        (np.ones(2, "float32"), np.ones(2), "float64"),
        (np.ones(2, "float32"), np.int64(2), "float32"),
        (np.ones(2, "float32"), 1j, "complex64"),
        (np.ones(2, "int8"), 128, "int16"),
        (np.ones(2, "int16"), np.float32(2), "float32"),
        (np.ones(2, "float16"), 1e10, "float32"),
    ],
)
def test_dtypes_are_promoted_as_numpy_1_did(a, b, dtype):
    # Each was printed by NumPy 1.21.
    for pair in ((a, b), (b, a)):
        left, right = promoted(*pair)
        assert (left + right).dtype == dtype


def test_numpy_1s_arithmetic_and_indices():
    names = run(
        "import numpy as np\n"
        "a = np.arange(12).reshape(3, 4)\n"
        "part = a[[slice(0, 2), slice(1, 3)]]\n"
        "row = a[1.0]\n"
        "big = 1e100 - np.float32(3)\n"
        "text = '%f' % np.array([2.5])\n"
        "number = float(np.array([2.5]))\n"
        "same = np.array(a, copy=False)\n"
        "d = {2.5: 'x'}\n"
        "kept = d[2.5]\n"
        "label = 'a' + 'b' * 2\n"
    )
    assert names["part"].shape == (2, 2)
    np.testing.assert_array_equal(names["row"], [4, 5, 6, 7])
    assert names["big"] == 1e100
    assert (names["text"], names["number"], names["kept"]) == ("2.500000", 2.5, "x")
    assert names["label"] == "abb"
    assert names["same"] is names["a"]


def test_numbers_are_compared_as_numpy_1_did():
    # float32 beside Python's float was compared in float64, so that 0.1 was not 0.1.
    names = run(
        "import numpy as np\n"
        "from numpy import *\n"
        "x = np.float32(0.1)\n"
        "same, differs, above = x == 0.1, x != 0.1, x > 0.1\n"
        "chain = 0.1 < x < 1e100\n"
        "array_is_same = (np.float32([0.1]) == 0.1)[0]\n"
        "text = 'a' < 'b'\n"
        "part = 0.5 < np.ones((3, 2))[:-1, 0].min()\n"
        "called = np.add(x, 1e100)\n"
        "bare = multiply(x, 1e100)\n"
        "most = np.maximum(x, 1e100)\n"
        "within = np.add(np.ones(2, 'int8'), 300)\n"
        "out = np.zeros(2, 'float32')\n"
        "given = np.add(np.ones(2, 'float32'), 1, out=out)\n"
        "reduced = np.add.reduce(np.ones(3))\n"
    )
    assert (names["same"], names["differs"], names["above"]) == (False, True, True)
    assert names["chain"]
    assert names["array_is_same"]
    assert names["text"]
    assert names["part"]
    assert names["called"] == names["most"] == 1e100
    assert names["bare"] == np.float64(np.float32(0.1)) * 1e100
    assert names["within"].tolist() == [301, 301]
    assert names["given"] is names["out"]
    assert names["reduced"] == 3


def test_numbers_are_added_in_place_as_numpy_1_did():
    names = run(
        "import numpy as np\n"
        "total = np.float32(1)\n"
        "total += 1e100\n"
        "class Kept: pass\n"
        "kept = Kept(); kept.total = np.float32(2); kept.total *= 1e100\n"
        "costs = [np.float32(1)]; k = 0; costs[0] -= 1e100; costs[k] -= 1e100\n"
        "a = b = np.ones(2, 'int8')\n"
        "a += 300\n"
        "items = same = [1]\n"
        "items += [2]\n"
        "number = np.array(1, 'float32'); alias = number\n"
        "number += 1.5\n"
    )
    assert names["total"] == 1e100
    assert names["kept"].total == 2e100
    assert names["costs"] == [-2e100]
    assert names["b"].tolist() == [45, 45]
    assert names["same"] == [1, 2]
    assert names["alias"] == 2.5
    assert names["alias"].dtype == "float32"


def test_pickles_of_python_2():
    assert pickles.loads(OLD_PICKLE) == "\xe9ab"
    buffer = io.TextIOWrapper(io.BytesIO())
    pickles.dump([1], buffer)
    buffer.seek(0)
    assert pickles.load(buffer) == [1]
    assert pickle.loads(pickles.dumps({"a": 1})) == {"a": 1}


# A str of Latin-1, as Python 2 wrote it.
OLD_PICKLE = b"\x80\x02U\x03\xe9abq\x00."


@pytest.mark.parametrize(
    "lines",
    [
        "import cPickle\nprint 'Python 2'\nfound = cPickle.loads(data)",
        "import pickle\nprint 'Python 2'\nfound = pickle.loads(data)",
        "import pickle as pkl, io\nfound = pkl.load(io.BytesIO(data))",
        "from pickle import loads as read\nfound = read(data)",
        "import pickle, io\nfound = pickle.Unpickler(io.BytesIO(data)).load()",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\n"
        "found = pickle.loads(data)\nassert pickle.DEFAULT_PROTOCOL and pickle.HIGHEST_PROTOCOL",
    ],
)
def test_scripts_read_pickles_of_python_2(lines):
    names = {"data": OLD_PICKLE}
    exec(compile(modernise(lines).tree, "<test>", "exec"), names)
    assert names["found"] == "\xe9ab"


@pytest.mark.parametrize(
    ("number", "dtype"),
    [
        (np.ones(2), object),
        (np.ones(2, "int64"), object),
        (np.ones(2, "float32"), object),
        (np.float64(1), "float64"),
        (np.float32(1), "float64"),
        (np.int64(1), object),
    ],
)
def test_integers_without_a_dtype(number, dtype):
    # Each was printed by NumPy 1.21.
    for total in (runtime.add(number, 2**70), runtime.add(2**70, number)):
        is_whole = np.asarray(number).dtype == "int64"
        assert np.all(total == (2**70 + 1 if is_whole else 2.0**70))
        assert np.asarray(total).dtype == dtype
    assert np.all(runtime.less(number, 2**70))


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("%d", np.array([3.7]), "3"),
        ("%x", np.array([[255]]), "ff"),
        ("%.2f", np.array([2.5]), "2.50"),
        ("%r", np.array([2.5]), "array([2.5])"),
        ("%s", np.array([2.5]), "[2.5]"),
        ("%d of %s", (np.array([3]), "4"), "3 of 4"),
        ("%s", np.array([1, 2]), "[1 2]"),
        (b"%d", np.array([3]), b"3"),
    ],
)
def test_arrays_of_one_entry_fill_templates(template, values, text):
    assert runtime.remainder(template, values) == text


def test_arrays_of_one_entry_are_numbers():
    assert runtime.as_float(float, np.array([[2.5]])) == 2.5
    assert runtime.as_int(int, np.array([2.5])) == 2
    assert runtime.as_float(np.float32, 2.5) == np.float32(2.5)
    with pytest.raises(TypeError):
        runtime.as_int(int, np.array([1, 2]))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("math.sqrt(np.array([[4.0]]))", 2),
        ("math.isnan(np.array([np.nan]))", True),
        ("math.pow(np.array([3.0]), 2)", 9),
        ("math.fsum([0.5, 0.5])", 1),
        ("m.sqrt(4)", 2),
    ],
)
def test_functions_of_numbers_take_arrays_of_one_entry(expression, expected):
    names = run(f"import math, numpy as np\nm = math\nfound = {expression}")
    assert names["found"] == expected


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [
        (7, 2, 3),
        (-7, 2, -4),
        (7, 2.0, 3.5),
        (np.int8(7), 2, 3),
        (True, 2, 0),
        (np.array([7, -7]), 2, [3, -4]),
        (np.array([7.0]), 2, [3.5]),
        (np.array([7]), np.array([2.0]), [3.5]),
    ],
)
def test_division_of_python_2(a, b, quotient):
    np.testing.assert_array_equal(runtime.divide(a, b), quotient)


@pytest.mark.parametrize(("dtype", "quotient"), [("int64", 3), ("float64", 3.5)])
def test_division_of_variables(dtype, quotient):
    x = T.scalar("x", dtype)
    assert runtime.divide(x, 2).eval({x: 7}) == quotient


def test_arrays_are_divided_in_place():
    names = run(
        "print 1\n"
        "import numpy as np\n"
        "a = whole = np.array([7, 8])\n"
        "a /= 2\n"
        "b = parts = np.array([7.0, 8.0], 'float32')\n"
        "b /= 2\n"
        "c = kept = np.float32(7)\n"
        "c /= 2\n"
        "d = e = np.array(7)\n"
        "d /= 2\n"
        "n = 7; n -= 4\n"
    )
    assert names["whole"].tolist() == [3, 4]
    assert names["parts"].tolist() == [3.5, 4]
    assert (names["c"], names["kept"]) == (3.5, 7)
    assert (names["d"], names["e"], names["n"]) == (3, 7, 3)


def test_a_fraction_does_not_fit_into_an_array_of_integers():
    with pytest.raises(TypeError, match="same_kind"):
        runtime.divide_in_place(np.array([7]), 2.0)


def test_print_as_a_function_of_python_2(capsys):
    names = run(
        "from __future__ import print_function\n"
        "import sys\n"
        "for i in xrange(2): print(i, end=';', file=sys.stdout)\n"
        "half = 7 / 2\n"
    )
    assert capsys.readouterr().out == "0;1;"
    assert names["half"] == 3


def test_tabs_within_strings_are_kept():
    names = run("if True:\n\ttext = '''a\n\tb\n\t\tc'''\n\tprint 1\n")
    assert names["text"] == "a\n\tb\n\t\tc"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"x = 1\n", "utf-8"),
        ("# -*- coding: cp1252 -*-\n# €\n".encode("cp1252"), "cp1252"),
        (b"# -*- coding: nothing -*-\n", "latin-1"),
        (b"# caf\xe9\n", "latin-1"),
        (b"\xef\xbb\xbfx = 1\n", "utf-8-sig"),
    ],
)
def test_encodings_of_source_text(data, encoding):
    assert encoding_of(data) == encoding


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("import urllib2\nx = 1\n", None),
        ("print 1\nprint 2\n", [(1, "print(1)"), (2, "print(2)")]),
        ("a = 1\n\n\nif a <> 2:\n    pass\n", [(4, "if a != 2:")]),
    ],
)
def test_changed_lines(text, changes):
    found = [(c.line, c.text) for c in modernise(text).changes]
    if changes is None:
        assert found[0][0] == 1
        assert all(line.startswith("import urllib.") for _, line in found)
    else:
        assert found == changes


def test_rows_of_different_lengths_are_objects():
    text = (
        "import numpy as np\na = np.asarray([[1, 2], [3]])\nb = np.array([np.ones(2), np.ones(3)])"
    )
    names = run(text)
    assert (names["a"].dtype, names["a"].tolist()) == (object, [[1, 2], [3]])
    assert [len(row) for row in names["b"]] == [2, 3]
    with pytest.raises(ValueError, match="could not convert"):
        run("import numpy as np\nnp.array(['a'], dtype=float)")


def test_yaml_is_loaded_without_a_loader():
    names = run(
        "import yaml\n"
        "plain = yaml.load('{a: [1, 2]}')\n"
        "named = yaml.load('a: 1', Loader=yaml.SafeLoader)\n"
        "many = list(yaml.load_all('1\\n---\\n2'))\n"
    )
    assert (names["plain"], names["named"], names["many"]) == ({"a": [1, 2]}, {"a": 1}, [1, 2])


def test_numbers_of_functions_are_arrays_for_scripts_that_compare_classes():
    names = {"number": guarded(np.array(1.0)), "array": np.ndarray}
    text = "found = type(number) == array, type(number) != array, type(number) == float"
    exec(compile(modernise(text).tree, "<test>", "exec"), names)
    assert names["found"] == (True, False, False)


@pytest.mark.parametrize(
    "sign",
    [
        "import six",
        "from __future__ import print_function",
        "from theano.compat import izip",
        "try:\n    import cPickle\nexcept ImportError:\n    import pickle",
        "import sys\nold = sys.version_info[0] < 3",
        "print('a', file=None)",
        "text = f'{1}'",
        "def add(a: int): return a",
    ],
)
def test_signs_that_a_module_supports_python_3(sign):
    assert not modernise(f"{sign}\n", beside_python2=True).is_python2
    assert modernise("half = 1 / 2\n", beside_python2=True).is_python2


@pytest.mark.parametrize("feature", ["division", "with_statement", "division, generators"])
def test_features_of_python_2_are_no_sign(feature):
    found = modernise(f"from __future__ import {feature}\nr = range(2) + [1]", beside_python2=True)
    assert found.is_python2


@pytest.mark.parametrize(
    "sign",
    ["from itertools import izip", "import itertools\nz = itertools.imap", "import cPickle"],
)
def test_signs_that_a_module_does_not_support_python_3(sign):
    assert modernise(f"{sign}\n", beside_python2=False).is_python2


EXECUTED = """
def imported(name):
    exec('import %s' % name.split('.')[0])
    return eval(name)
def named():
    exec 'x = 3'
    return locals()['x'], sorted(vars())
def computed(y):
    exec 'z = y + 1'
    return eval('z * y', {'z': 5, 'y': 6}), eval('z * y'), [eval('z') for k in range(2)]
pi, x, z = imported('math.pi'), named(), computed(2)
"""


def test_eval_and_locals_find_what_exec_has_set():
    names = run(EXECUTED)
    assert names["pi"] == math.pi
    assert names["x"] == (3, ["x"])
    assert names["z"] == (30, 6, [3, 3])


def test_source_text_is_modernised_before_it_is_executed():
    assert runtime.compiling.module is imports.code_of_module
    names = run("exec(compile(b'print 1; half = 3 / 2', 'name', 'exec'))")
    assert names["half"] == 1
    assert eval(run("code = compile('1 / 2', 'name', 'eval')")["code"]) == 0


def test_the_first_statement_may_compute(capsys):
    run("print 7 / 2")
    run("'text'\nprint 7 / 2")
    assert capsys.readouterr().out == "3\n3\n"
