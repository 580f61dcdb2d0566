"""theano.config has every setting of Theano's."""

import logging
import os
import re
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pytensor
import pytest
from pytensor.link.basic import PerformLinker

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.configuration import SettingsError
from autoenc.theano.flags.config import Config, config
from autoenc.theano.flags.keys import ALL, HONOURED
from autoenc.theano.flags.reading import apply_given


def test_every_setting_of_0_9_and_1_0_5_can_be_read():
    config = Config()
    for name in ALL - {"blas.ldflags", "compiledir", "base_compiledir"}:
        config.get(name)


def test_pytensor_searches_for_a_blas_in_silence(monkeypatch):
    def search():
        warnings.warn("PyTensor could not link to a BLAS installation.", stacklevel=1)
        return "-lnone"

    parameter = pytensor.config._config_var_dict["blas__ldflags"]
    was_set = hasattr(parameter, "val")
    monkeypatch.setattr(parameter, "_default", search)
    monkeypatch.delattr(parameter, "val", raising=False)
    try:
        assert "blas.ldflags = -lnone" in str(config).splitlines()
    finally:
        if not was_set:
            del parameter.val


def test_pytensors_settings_are_its_own():
    config = Config()
    with pytensor.config.change_flags(exception_verbosity="high"):
        assert config.exception_verbosity == "high"
    with config.change_flags(floatX="float64"):
        assert pytensor.config.floatX == "float64"
    with config.change_flags({"gcc__cxxflags": "-O1"}):
        assert config.gcc.cxxflags == "-O1"
    with config.change_flags([("gcc.cxxflags", "-O1")], exception_verbosity="high"):
        assert (config.gcc.cxxflags, config.exception_verbosity) == ("-O1", "high")
    assert all(name.replace(".", "__") in pytensor.config._config_var_dict for name in HONOURED)


def test_sections():
    config = Config()
    assert config.dnn.conv.algo_fwd == "small"
    config.dnn.enabled = "False"
    assert config.dnn.enabled == "False"


def test_what_has_no_effect_says_so_once(caplog):
    config = Config()
    with caplog.at_level(logging.WARNING, "theano"):
        config.compute_test_value_opt = "raise"
        config.compute_test_value_opt = "warn"
        config.compute_test_value = "raise"
        config.device = "cpu"
    assert [r.message for r in caplog.records] == [
        "compute_test_value_opt=raise is ignored: test values are computed only while a script "
        "builds its graph."
    ]


def test_a_setting_that_theano_never_had():
    with pytest.raises(AttributeError, match="no setting 'nothing'"):
        Config().nothing = 1
    with pytest.raises(AttributeError, match=r"no setting 'dnn\.nothing'"):
        _ = Config().dnn.nothing


PROGRAM = """
import autoenc.theano as theano
x = theano.tensor.vector()
print(theano.function([x], 2 * x)([1, 2]).tolist(), theano.config.cxx)
"""


@pytest.mark.parametrize("compiler", ["", "clang++"])
def test_the_compiler_is_the_one_asked_for(compiler):
    if compiler and shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    environment = {**os.environ, "AUTOENC_BACKEND": "", "THEANO_FLAGS": f"cxx={compiler}"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["[2.0,", "4.0]", *compiler.split()]
    assert (
        "functions run on XLA: backend 'c' needs a working C++ compiler" in run.stderr
    ) != bool(compiler)


def test_every_setting_may_be_given_in_the_environment():
    config = Config()
    names = {
        name
        for name in ALL
        if not name.startswith(("base_compiledir", "blas", "compiledir", "cxx"))
    }
    flags = ",".join(f"{name}={config.get(name)}" for name in sorted(names))
    code = "import autoenc.theano as theano; print(theano.config.compile.wait)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "THEANO_FLAGS": f"{flags},compile.wait=7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "7\n", done.stderr


OPTIMIZED = """
import autoenc.theano as theano
x = theano.tensor.vector()
f = theano.function([x], -(-x) * 2 + 1)
print(f([1]).tolist(), len(f.maker.fgraph.apply_nodes))
"""


@pytest.mark.parametrize(
    ("flags", "n_operations"),
    [
        ("optimizer=fast_run,optimizer_including=cudnn", 1),
        ("optimizer=None", 6),
        ("optimizer_excluding=fusion:inplace", 2),
    ],
)
def test_the_optimizer_of_the_settings_is_used(flags, n_operations):
    if compiler_trouble():
        pytest.skip(f"the C backend is not available: {compiler_trouble()}")
    done = subprocess.run(
        [sys.executable, "-c", OPTIMIZED],
        env={**os.environ, "AUTOENC_BACKEND": "c", "THEANO_FLAGS": flags},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"[3.0] {n_operations}\n", done.stderr


@pytest.mark.parametrize(
    ("flags", "files", "name", "value"),
    [
        ("unittests.rseed=31", "", "unittests.rseed", 31),
        ("", "[unittests]\nrseed = -7\n", "unittests.rseed", -7),
        ("unittests.rseed=1", "[unittests]\nrseed = 7\n", "unittests.rseed", 1),
        ("numpy.seterr_all=warn", "", "numpy.seterr_all", "warn"),
        ("DNN.CONV.ALGO_FWD=time_once", "", "dnn.conv.algo_fwd", "time_once"),
        ("", "[global]\nexception_verbosity = high\n", "exception_verbosity", "high"),
        ("profile=TRUE", "", "profile", True),
        ("profile=yes", "", "profile", True),
        ("profile=0", "", "profile", False),
        ("profile=off", "", "profile", False),
    ],
)
def test_settings_are_applied_and_converted(tmp_path, monkeypatch, flags, files, name, value):
    rc = tmp_path / "rc"
    rc.write_text(files, encoding="utf-8")
    monkeypatch.setenv("THEANO_FLAGS", flags)
    monkeypatch.setenv("THEANORC", str(rc))
    with config.change_flags({name: config.get(name)}):
        apply_given()
        found = config.get(name)
    assert (found, type(found)) == (value, type(value))


def test_an_unknown_setting_is_reported(monkeypatch, caplog):
    monkeypatch.setenv("THEANO_FLAGS", "nothing=1,floatX=float64")
    monkeypatch.setenv("THEANORC", os.devnull)
    precision = config.floatX
    apply_given()
    assert [r.message for r in caplog.records] == [
        "nothing=1 is ignored: Theano had no such setting."
    ]
    # The backends apply the precision when the package is imported.
    assert config.floatX == precision


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("unittests.rseed=random", "unittests.rseed is 'random'; expected a number."),
        ("profile=ture", "profile is 'ture'; expected True or False."),
        (
            "int_division=floatx",
            'Invalid value ("floatx") for configuration variable "int_division". '
            "Valid options are ('int', 'raise', 'floatX').",
        ),
    ],
)
def test_text_for_a_number_or_a_truth_value_is_refused(monkeypatch, flags, message):
    monkeypatch.setenv("THEANO_FLAGS", flags)
    monkeypatch.setenv("THEANORC", os.devnull)
    with pytest.raises(SettingsError) as caught:
        apply_given()
    assert str(caught.value) == f"{message} Correct it in THEANO_FLAGS or .theanorc."


def test_a_flag_without_a_value_is_reported(monkeypatch):
    monkeypatch.setenv("THEANO_FLAGS", "floatX:float64,profile=False,")
    monkeypatch.setenv("THEANORC", os.devnull)
    with pytest.warns(UserWarning, match="THEANO_FLAGS has 'floatX:float64', which is ignored"):
        apply_given()


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("compute_test_value", "rais", "('off', 'ignore', 'warn', 'raise', 'pdb')"),
        ("int_division", "flor", "('int', 'raise', 'floatX')"),
        ("optimizer", "fast_ru", "('o4', 'o3', 'o2', 'o1', 'unsafe', 'fast_run', "),
        ("linker", "cx", "('cvm', 'c|py', 'py', 'c', "),
    ],
)
def test_words_are_those_of_theano(name, value, options):
    before = config.get(name)
    expected = f'Invalid value ("{value}") for configuration variable "{name}". Valid options are '
    with pytest.raises(ValueError, match=re.escape(expected + options)):
        setattr(config, name, value)
    assert config.get(name) == before


@pytest.mark.parametrize(
    ("mode", "is_python"), [(None, True), ("Mode", True), ("FAST_RUN", False)]
)
@pytest.mark.usefixtures("compiler")
def test_the_linker_of_the_settings_is_that_of_the_configured_mode(mode, is_python):
    x = T.matrix()
    with config.change_flags(linker="py"):
        f = theano.function([x], T.nnet.softmax(x + 1).sum() * 2, mode=mode)
    assert isinstance(f.maker.mode.linker, PerformLinker) == is_python
    np.testing.assert_allclose(f([[0, 1]]), 2, rtol=1e-6)
