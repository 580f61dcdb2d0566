"""Modules of libraries under their old names."""

import importlib.util
import pickle
import subprocess
import sys

import pytest

from autoenc.theano.modernise.library import OldLibraryFinder


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("cStringIO", "StringIO"),
        ("urllib2", "urlopen"),
        ("numpy.linalg.linalg", "norm"),
        ("sklearn.cross_validation", "train_test_split"),
        ("sklearn.datasets.base", "load_iris"),
        ("sklearn.externals.six", "iteritems"),
        ("sklearn.preprocessing.label", "LabelBinarizer"),
    ],
)
def test_names_are_those_of_todays_module(module, name):
    if module.startswith("sklearn"):
        pytest.importorskip("sklearn")
    spec = OldLibraryFinder().find_spec(module, None)
    found = importlib.util.module_from_spec(spec)
    assert callable(getattr(found, name))
    assert name in found.__all__
    with pytest.raises(AttributeError, match="no attribute"):
        _ = found.nothing_of_the_kind


def test_other_modules_are_left_alone():
    assert OldLibraryFinder().find_spec("numpy", None) is None


OLD_TYPES = """
import sys
from autoenc.theano.modernise import removed
removed.install()
import types
from types import ListType, ObjectType, StringTypes
assert (ListType, ObjectType, types.IntType, StringTypes) == (list, object, int, (str, bytes))
assert not hasattr(types, "NothingOfTheKind")
from numba import cloudpickle
sys.stdout.buffer.write(cloudpickle.dumps((object, str, int, slice)))
"""


def test_names_of_types_do_not_reach_the_caches_of_other_processes():
    """Numba's cache contained builtin classes as attributes of `types` that Python 3 lacks."""
    run = subprocess.run([sys.executable, "-c", OLD_TYPES], capture_output=True, check=True)
    assert pickle.loads(run.stdout) == (object, str, int, slice)
