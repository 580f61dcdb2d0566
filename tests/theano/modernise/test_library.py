"""Modules of libraries under their old names."""

import importlib.util

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
