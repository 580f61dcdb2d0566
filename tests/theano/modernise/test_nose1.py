"""Old tests find the names of nose and of NumPy's decorators."""

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


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: nose1.ok_([], "is empty"), "is empty"),
        (lambda: nose1.eq_(1, 2), "1 != 2"),
        (lambda: nose1.eq_("a", "b", "differ"), "differ"),
    ],
)
def test_checks_that_fail(check, message):
    with pytest.raises(AssertionError, match=message):
        check()


def test_errors_that_a_test_must_raise():
    @nose1.raises(KeyError, ValueError)
    def look(mapping, key):
        return mapping[key]

    assert look({}, "a") is None
    assert look.__name__ == "look"
    with pytest.raises(AssertionError, match=r"look\(\) did not raise KeyError or ValueError"):
        look({"a": 1}, "a")
    with pytest.raises(TypeError):
        look(None, "a")


def test_a_limit_of_time():
    @nose1.timed(10)
    def quick(value):
        return value

    @nose1.timed(0.001)
    def late():
        time.sleep(0.01)

    assert quick(3) == 3
    with pytest.raises(nose1.TimeExpired, match=r"Time limit \(0.001\) exceeded"):
        late()


@pytest.mark.parametrize("fails", [False, True])
def test_what_surrounds_a_test(fails):
    calls = []

    @nose1.with_setup(lambda: calls.append("before"), lambda: calls.append("after"))
    def during():
        calls.append("during")
        if fails:
            raise KeyError
        return "result"

    if fails:
        with pytest.raises(KeyError):
            during()
    else:
        assert during() == "result"
    assert calls == ["before", "during", "after"]
    assert nose1.with_setup()(lambda: 5)() == 5


def test_marks():
    def check():
        """Check nothing."""

    assert nose1.istest(check).__test__ is True
    assert nose1.nottest(check).__test__ is False
    assert nose1.setastest()(check).__test__ is True
    assert nose1.setastest(False)(check).__test__ is False
    assert nose1.attr("gpu", speed="slow")(check).gpu is True
    assert check.speed == "slow"
    assert nose1.slow(check).slow is True
    assert nose1.deprecated()(check) is check

    def other():
        """Check something else."""

    decorated = nose1.make_decorator(check)(other)
    assert (decorated.__name__, decorated.speed) == ("check", "slow")


@pytest.mark.parametrize("condition", [True, False, lambda: True, lambda: False])
@pytest.mark.parametrize(
    ("decorator", "error", "message"),
    [
        (nose1.skipif, SkipTest, "Test skipped due to test condition"),
        (nose1.knownfailureif, nose1.KnownFailure, "Test skipped due to known failure"),
    ],
)
def test_conditions(decorator, error, message, condition):
    holds = condition() if callable(condition) else condition
    for given, expected in ((None, message), ("a reason", "a reason")):
        check = decorator(condition, given)(lambda value: value)
        if holds:
            with pytest.raises(error, match=expected):
                check(1)
        else:
            assert check(1) == 1


def test_tests_of_a_package(capsys):
    assert not nose1.Tester("package").test()
    assert "pytest" in capsys.readouterr().out
