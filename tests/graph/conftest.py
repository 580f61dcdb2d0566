"""Graphs are built in float32, in which any upcast is an error, unless float64 is requested."""

import pytest
from pytensor import config

from tests.graph.helpers import FLOAT64


@pytest.fixture(autouse=True)
def _no_upcast():
    with config.change_flags(floatX="float32", warn_float64="raise"):
        yield


@pytest.fixture
def _float64(_no_upcast):
    with config.change_flags(**FLOAT64):
        yield
