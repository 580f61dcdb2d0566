"""Tests of the time find what nose and NumPy had for them."""

import subprocess
import sys
import time
from unittest import SkipTest

import pytest

from autoenc.theano.modernise import nose1

TESTS = """
import nose, numpy
from nose.plugins.attrib import attr
from nose.plugins.skip import SkipTest
from nose.tools import (assert_equals, assert_raises, assert_true, assert_almost_equal, eq_,
                        nottest, ok_, raises, with_setup)
from numpy.testing import dec, assert_array_equal
from numpy.testing.decorators import skipif, slow
calls = []

@attr('slow')
@with_setup(lambda: calls.append('before'), lambda: calls.append('after'))
def test_checks():
    eq_(calls, ['before'])
    ok_(calls)
    assert_equals([1], [1])
    assert_true(True)
    assert_raises(ValueError, int, 'x')
    assert_almost_equal(1.0, 1.00000001)

def test_before_and_after():
    eq_(calls, ['before', 'after'])
    assert test_checks.slow

@raises(ZeroDivisionError)
def test_error():
    1 / 0

@raises(KeyError)
def test_without_error():
    pass

@nottest
def test_of_nothing():
    assert False

def test_skipped():
    raise SkipTest('not today')

@dec.skipif(lambda: True, 'for a reason')
def test_skipped_by_numpy():
    assert False

@dec.knownfailureif(True, 'is known')
def test_known():
    assert False

@slow
@skipif(False)
def test_runs():
    assert_array_equal(numpy.arange(2), [0, 1])

if __name__ == '__main__':
    nose.runmodule()
"""


def run(*command, cwd):
    command = [sys.executable, "-m", "autoenc.theano", *command]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("command", [("-m", "pytest", "-p", "no:cacheprovider"), ()])
def test_a_file_of_tests(command, tmp_path):
    (tmp_path / "test_old.py").write_text(TESTS)
    printed = run(*command, "test_old.py", cwd=tmp_path)
    assert "1 failed, 4 passed, 3 skipped" in printed, printed
    assert "test_without_error() did not raise KeyError" in printed


def test_a_package_of_that_name_is_preferred(tmp_path):
    (tmp_path / "nose").mkdir()
    (tmp_path / "nose" / "__init__.py").write_text("here = True\n")
    assert run("-c", "import nose; print nose.here", cwd=tmp_path) == "True\n"


def test_checks_have_the_names_of_functions():
    checks = nose1._checks()
    checks["assert_items_equal"]([2, 1], [1, 2])
    checks["assert_less"](1, 2)
    with pytest.raises(AssertionError):
        checks["assert_is_none"](1)
    nose1._contains_subset({"a": 1}, {"a": 1, "b": 2})
    with pytest.raises(AssertionError):
        nose1._contains_subset({"a": 1}, {"a": 2})


def test_a_test_that_takes_too_long():
    with pytest.raises(nose1.TimeExpired):
        nose1.timed(0.001)(time.sleep)(0.01)
    nose1.timed(10)(lambda: None)()


def test_skipping_is_unittests():
    with pytest.raises(SkipTest, match="for a reason"):
        nose1.skipif(True, "for a reason")(int)()
    assert nose1.skipif(False)(int)("3") == 3
