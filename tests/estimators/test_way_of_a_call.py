"""The path of a call: few calls, through files in order, not back and forth."""

import inspect
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pytest

import autoenc
from autoenc import AutoEncoder
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.estimators import (
    AutoEncoderDetector,
    DeepAutoEncoder,
    DenoisingAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)

BACKENDS = ["numba"] if compiler_trouble() else ["c", "numba"]
PACKAGE = str(Path(autoenc.__file__).parent)
X = np.random.default_rng(0).random((200, 20)).astype("float32")


class ReachedError(Exception):
    """The function that was waited for was called."""


def way(call, until=None):
    """File and function of each call within the package, up to the function `until`."""
    calls = []

    def watch(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE):
            if code.co_name == until:
                sys.setprofile(None)
                raise ReachedError
            calls.append((code.co_filename, code.co_name))

    sys.setprofile(watch)
    try:
        call()
    except ReachedError:
        pass
    finally:
        sys.setprofile(None)
    return calls


def returns(calls):
    """How often a call is in a file that was left before."""
    seen, last, n = set(), None, 0
    for file, _ in calls:
        n += file != last and file in seen
        seen.add(file)
        last = file
    return n


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fit_goes_straight_to_training(backend):
    def fit():
        AutoEncoder(5, backend=backend, n_epochs=1, random_state=0, verbose=False).fit(X)

    ways = [way(fit, until="train") for _ in range(3)]
    assert median(map(len, ways)) <= 100
    assert median(map(returns, ways)) <= 25


@pytest.mark.parametrize("backend", BACKENDS)
def test_codes_take_twenty_functions(backend):
    model = AutoEncoder(5, backend=backend, n_epochs=1, random_state=0, verbose=False).fit(X)
    model.transform(X)
    assert len(set(way(lambda: model.transform(X)))) <= 20


@pytest.mark.parametrize(
    "cls",
    [
        AutoEncoder,
        AutoEncoderDetector,
        DeepAutoEncoder,
        DenoisingAutoEncoder,
        StackedDenoisingAutoEncoder,
        SoftmaxClassifier,
        PerceptronClassifier,
        StackedDenoisingClassifier,
    ],
)
def test_classes_have_two_floors_and_are_short(cls):
    own = [base for base in cls.__mro__ if base.__module__.startswith("autoenc.")]
    assert max(depth(base) for base in own) <= 2
    assert sum(lines_of(base) for base in own) <= 500


def depth(cls):
    """Classes of the package on the longest way from one that is scikit-learn's."""
    if not cls.__module__.startswith("autoenc."):
        return 0
    return 1 + max(depth(base) for base in cls.__bases__)


def lines_of(cls):
    return len(inspect.getsource(cls).splitlines())
