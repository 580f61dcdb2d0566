"""Source of the time does today what it did then."""

import io
import pickle

import numpy as np
import pytest

from autoenc.theano.modernise import modernise, pickles
from autoenc.theano.modernise.runtime import promoted


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
    data = b"\x80\x02U\x03\xe9abq\x00."  # a str of Latin-1, as Python 2 wrote it
    assert pickles.loads(data) == "\xe9ab"
    buffer = io.TextIOWrapper(io.BytesIO())
    pickles.dump([1], buffer)
    buffer.seek(0)
    assert pickles.load(buffer) == [1]
    assert pickle.loads(pickles.dumps({"a": 1})) == {"a": 1}
