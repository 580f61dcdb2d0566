"""Settings that scripts add: defaults, given values, checks and sections."""

import pytest
from autoenc.theano.configparser import (
    AddConfigVar,
    BoolParam,
    ConfigParam,
    EnumStr,
    FloatParam,
    IntParam,
    StrParam,
)

from autoenc import theano
from autoenc.theano.flags import config


@pytest.fixture(autouse=True)
def forgotten():
    before, added = dict(config._values), dict(config._added)
    n_listed = len(theano.configparser._config_var_list)
    yield
    del theano.configparser._config_var_list[n_listed:]
    object.__setattr__(config, "_values", before)
    object.__setattr__(config, "_added", added)


@pytest.mark.parametrize(
    ("parameter", "given", "stored", "invalid"),
    [
        (StrParam("a", lambda text: len(text) < 3), "bc", "bc", "long"),
        (IntParam(1), "2", 2, "two"),
        (FloatParam(1.0), "2.5", 2.5, "two"),
        (BoolParam(True), "False", False, "no"),
        (EnumStr("a", "b"), "b", "b", "c"),
    ],
)
def test_values_are_converted_and_checked(parameter, given, stored, invalid):
    AddConfigVar("lab.value", "a setting of a laboratory", parameter)
    assert config.lab.value == parameter.default
    config.lab.value = given
    assert config.lab.value == stored
    with pytest.raises(ValueError, match=r"(?i)invalid"):
        config.lab.value = invalid
    assert config.lab.value == stored


def test_values_from_outside_come_first(monkeypatch):
    monkeypatch.setenv("THEANO_FLAGS", "lab.size=3")
    AddConfigVar("lab.size", "", IntParam(1))
    assert config.lab.size == 3


def test_sections_may_be_nested_and_are_listed():
    AddConfigVar("lab.disk.folder", "", StrParam(lambda: "computed"))
    assert config.lab.disk.folder == "computed"
    assert "lab.disk.folder" in config.names()
    assert config.floatX in ("float32", "float64")


def test_names_are_given_once():
    AddConfigVar("lab", "", ConfigParam(1))
    for name in ("lab", "floatX", "device"):
        with pytest.raises(AttributeError, match="already taken"):
            AddConfigVar(name, "", ConfigParam(1))


def test_some_settings_stay():
    AddConfigVar("lab", "", ConfigParam(1, allow_override=False))
    with pytest.raises(Exception, match="Can't change the value"):
        config.lab = 2


def test_unknown_settings_are_refused():
    with pytest.raises(AttributeError, match="no setting 'lab'"):
        config.lab = 1
    with pytest.raises(AttributeError, match="no setting"):
        _ = config.lab
    with pytest.raises(ValueError, match="should be strings"):
        EnumStr("a", 2)


def test_all_settings_are_listed():
    """PyMC3 changes settings in this way."""
    listed = {v.fullname: v for v in theano.configparser._config_var_list}
    assert {"floatX", "blas.ldflags", "compute_test_value", "device"} <= set(listed)
    assert listed["floatX"].__get__(True, None) == theano.config.floatX
    with theano.config.change_flags(compute_test_value="off"):
        listed["compute_test_value"].__set__(None, "warn")
        assert theano.config.compute_test_value == "warn"
        with pytest.raises(ValueError, match="compute_test_value"):
            listed["compute_test_value"].__set__(None, "sometimes")
    theano.configparser.AddConfigVar("listed.one", "doc", theano.configparser.IntParam(3))
    assert theano.configparser._config_var_list[-1].__get__(True, None) == 3
