"""THEANO_FLAGS and .theanorc: precedence, ignored keys, refused values."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytensor import config

from autoenc import AutoEncoder
from autoenc.configuration import (
    Settings,
    SettingsError,
    check_device,
    check_float_type,
    configure_pytensor,
    given_settings,
    read_settings,
)

THEANORC = """\
[global]
floatX = float64
device = cuda1
base_compiledir = /somewhere/compiled
optimizer = fast_run

[blas]
ldflags = -lopenblas -lgfortran

[gcc]
cxxflags = -O3 -march=native

[nvcc]
fastmath = True
"""


@pytest.fixture
def theanorc(tmp_path):
    path = tmp_path / "theanorc"
    path.write_text(THEANORC, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch, tmp_path):
    monkeypatch.delenv("THEANO_FLAGS", raising=False)
    monkeypatch.delenv("THEANORC", raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_given_is_nothing():
    assert read_settings() == Settings()
    assert read_settings(flags="", files=[]) == Settings(None, None, None, None, None)


def test_a_file_is_read_by_its_sections(theanorc):
    assert read_settings(flags="", files=[theanorc]) == Settings(
        floatX="float64",
        device="cuda1",
        blas__ldflags="-lopenblas -lgfortran",
        gcc__cxxflags="-O3 -march=native",
        base_compiledir="/somewhere/compiled",
    )


@pytest.mark.parametrize("dot", [".", "__"])
def test_flags_are_read(dot):
    flags = f"floatX=float32, device = cpu ,blas{dot}ldflags=-lblas,gcc{dot}cxxflags=-O2"
    assert read_settings(flags=flags, files=[]) == Settings(
        floatX="float32", device="cpu", blas__ldflags="-lblas", gcc__cxxflags="-O2"
    )


def test_a_value_may_have_equals_signs():
    flags = "gcc.cxxflags=-march=native -std=c++17"
    assert read_settings(flags=flags, files=[]).gcc__cxxflags == "-march=native -std=c++17"


def test_a_value_may_have_percent_signs(tmp_path):
    path = write(tmp_path / "rc", "[gcc]\ncxxflags = -DRATE=5%(x)s\n")
    assert read_settings(flags="", files=[path]).gcc__cxxflags == "-DRATE=5%(x)s"


def test_of_two_flags_the_later_wins():
    assert read_settings(flags="device=cuda,device=cpu", files=[]).device == "cpu"


def test_flags_win_over_files_one_by_one(theanorc):
    settings = read_settings(flags="floatX=float32,gcc.cxxflags=-O1", files=[theanorc])
    assert settings.floatX == "float32"
    assert settings.gcc__cxxflags == "-O1"
    assert settings.device == "cuda1"
    assert settings.blas__ldflags == "-lopenblas -lgfortran"


def test_later_files_win_one_by_one(theanorc, tmp_path):
    later = write(tmp_path / "later", "[global]\ndevice = cpu\n")
    settings = read_settings(flags="", files=[theanorc, later])
    assert settings.device == "cpu"
    assert settings.floatX == "float64"
    assert read_settings(flags="", files=[later, theanorc]).device == "cuda1"


def test_keys_are_known_in_any_case(tmp_path):
    path = write(tmp_path / "rc", "[global]\nFLOATX = float64\n[blas]\nLDFlags = -lBLAS\n")
    settings = read_settings(flags="Device=cuda", files=[path])
    assert settings == Settings(floatX="float64", device="cuda", blas__ldflags="-lBLAS")


def test_keys_that_are_not_known_are_ignored():
    flags = "optimizer_including=cudnn,lib.cnmem=0.8,exception_verbosity=high,"
    assert read_settings(flags=flags, files=[]) == Settings()
    with pytest.warns(UserWarning, match="THEANO_FLAGS has 'force_device', which is ignored"):
        assert read_settings(flags=f"{flags}force_device", files=[]) == Settings()


def test_a_key_counts_in_its_own_section_only(tmp_path):
    path = write(tmp_path / "rc", "[blas]\nfloatX = float64\n[global]\nldflags = -lblas\n")
    assert read_settings(flags="", files=[path]) == Settings()


def test_missing_files_are_passed_over(theanorc, tmp_path):
    settings = read_settings(flags="", files=[tmp_path / "missing", theanorc])
    assert settings.device == "cuda1"


def test_the_environment_is_read_by_default(theanorc, monkeypatch):
    monkeypatch.setenv("THEANORC", str(theanorc))
    assert read_settings().device == "cuda1"
    monkeypatch.setenv("THEANO_FLAGS", "device=cpu")
    assert read_settings().device == "cpu"
    assert read_settings().floatX == "float64"
    assert read_settings(flags="").device == "cuda1"
    assert read_settings(files=[]).floatX is None


def test_theanorc_may_name_several_files(theanorc, tmp_path, monkeypatch):
    later = write(tmp_path / "later", "[global]\ndevice = cpu\n")
    monkeypatch.setenv("THEANORC", os.pathsep.join([str(theanorc), "", str(later)]))
    assert read_settings().device == "cpu"
    assert read_settings().floatX == "float64"


def test_the_file_at_home_is_read_if_no_other_is_named(theanorc, tmp_path, monkeypatch):
    write(Path.home() / ".theanorc", "[global]\ndevice = cuda7\n")
    assert read_settings().device == "cuda7"
    monkeypatch.setenv("THEANORC", str(theanorc))
    assert read_settings().device == "cuda1"
    monkeypatch.setenv("THEANORC", "~/.theanorc")
    assert read_settings().device == "cuda7"


@pytest.mark.parametrize("value", ["float32", "float64", None])
def test_precisions_that_are_known(value):
    assert check_float_type(value) == value


@pytest.mark.parametrize("value", ["float16", "Float32", "double", "", "32"])
def test_another_precision_is_refused_wherever_it_is_given(value, tmp_path):
    text = f" is {value!r}; expected one of float32, float64."
    of_files = f"floatX{text} Correct it in THEANO_FLAGS or in .theanorc."
    path = write(tmp_path / "rc", f"[global]\nfloatX = {value}\n")
    for give, expected in (
        (lambda: check_float_type(value), f"dtype{text}"),
        (lambda: AutoEncoder(dtype=value).fit(np.eye(3)), f"dtype{text}"),
        (lambda: read_settings(flags=f"floatX={value}", files=[]), of_files),
        (lambda: read_settings(flags="", files=[path]), of_files),
    ):
        with pytest.raises(SettingsError, match=f"^{re.escape(expected)}$"):
            give()


@pytest.mark.parametrize("value", ["cpu", "cuda", "cuda0", "cuda12", None])
def test_devices_that_are_known(value):
    assert check_device(value) == value


@pytest.mark.parametrize("value", ["gpux", "CPU", "cuda:0", "cpu0", "tpu", "xcuda", ""])
def test_another_device_is_refused_wherever_it_is_given(value, tmp_path):
    text = (
        f"device is {value!r}; expected 'cpu', 'cuda' or 'cuda<number>' "
        "(Theano's old 'gpu' is today's 'cuda')."
    )
    of_files = f"{text} Correct it in THEANO_FLAGS or in .theanorc."
    path = write(tmp_path / "rc", f"[global]\ndevice = {value}\n")
    for give, expected in (
        (lambda: check_device(value), text),
        (lambda: AutoEncoder(device=value).fit(np.eye(3)), text),
        (lambda: read_settings(flags=f"device={value}", files=[]), of_files),
        (lambda: read_settings(flags="", files=[path]), of_files),
    ):
        with pytest.raises(SettingsError, match=f"^{re.escape(expected)}$"):
            give()


@pytest.mark.parametrize("value", ["gpu", "gpu0"])
def test_old_settings_for_any_gpu_leave_the_choice_open(value, tmp_path):
    path = write(tmp_path / "rc", f"[global]\ndevice = {value}\n")
    assert read_settings(flags="", files=[path]).device is None
    assert read_settings(flags=f"device={value}", files=[]).device is None


def test_a_call_names_the_device_as_it_is_called_today():
    with pytest.raises(SettingsError, match="Theano's old 'gpu' is today's 'cuda'"):
        check_device("gpu")


def test_all_that_was_given_is_there_to_be_read(tmp_path):
    path = write(tmp_path / "rc", "[dnn]\nenabled = False\n[global]\nprofile = True\n")
    given = given_settings(flags="profile=False,allow_gc=True", files=[path])
    assert given == {"dnn__enabled": "False", "profile": "False", "allow_gc": "True"}


def test_a_wrong_value_that_is_overruled_is_no_harm(tmp_path):
    path = write(tmp_path / "rc", "[global]\ndevice = tpu\n")
    assert read_settings(flags="device=cuda", files=[path]).device == "cuda"


def test_it_is_a_value_error():
    assert issubclass(SettingsError, ValueError)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"floatX = float32\n", "no section headers"),
        (b"[global\nfloatX = float32\n", "no section headers"),
        (b"[global]\nfloatX\n", "parsing errors"),
        (b"[global]\nfloatX = float32\nfloatX = float64\n", "already exists"),
        (b"[global]\n# \xff\xfe\n", "can't decode byte"),
    ],
)
def test_a_file_that_is_not_ini_is_refused_by_name(content, reason, tmp_path):
    path = tmp_path / "rc"
    path.write_bytes(content)
    text = rf"(?s)^{re.escape(str(path))} is not a readable INI file: .*{reason}"
    with pytest.raises(SettingsError, match=text):
        read_settings(flags="", files=[path])


def test_precision_that_is_given_becomes_pytensors():
    with config.change_flags(floatX="float32"):
        configure_pytensor(Settings(floatX="float64"))
        assert config.floatX == "float64"
        configure_pytensor(Settings(floatX="float32"))
        assert config.floatX == "float32"


@pytest.mark.parametrize(
    ("theano_flags", "theanorc", "pytensor_flags", "expected"),
    [
        (None, None, None, "float32"),
        ("floatX=float64", None, None, "float64"),
        (None, "[global]\nfloatX = float64\n", None, "float64"),
        (None, None, "floatX=float64", "float64"),
        ("floatX=float32", "[global]\nfloatX = float64\n", None, "float32"),
        ("floatX=float32", None, "floatX=float64", "float32"),
        (None, "[global]\nfloatX = float32\n", "floatX=float64", "float32"),
        ("device=cpu", None, "floatX=float64", "float64"),
    ],
)
def test_precision_once_imported(theano_flags, theanorc, pytensor_flags, expected, tmp_path):
    code = (
        "import numpy, autoenc, autoenc.graph, pytensor;"
        "rng = numpy.random.default_rng(0);"
        "layer = autoenc.graph.AutoEncoderLayer(4, 2, rng=rng);"
        "print(pytensor.config.floatX, layer.W.dtype)"
    )
    path = write(tmp_path / "rc", theanorc or "")
    environment = {"THEANO_FLAGS": theano_flags, "PYTENSOR_FLAGS": pytensor_flags}
    result = run(code, THEANORC=str(path), **environment)
    assert result.stdout.split() == [expected, expected]


def test_importing_with_a_wrong_setting_says_so():
    result = run("import autoenc", THEANO_FLAGS="floatX=float16", fails=True)
    assert "SettingsError: floatX is 'float16'; expected one of float32" in result.stderr


def run(code, *, fails=False, **environment):
    """Run code in a new process, whose environment lacks what is None."""
    inherited = {k: v for k, v in os.environ.items() if k not in environment}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=inherited | {k: v for k, v in environment.items() if v is not None},
        capture_output=True,
        text=True,
        check=False,
    )
    assert bool(result.returncode) == fails, result.stderr
    return result


def test_flags_may_be_quoted_and_commas_kept():
    settings = read_settings(
        r"blas.ldflags=-L/x -lmkl_rt -Wl\,-rpath\,/x,gcc.cxxflags='-O3 -march=native'", files=[]
    )
    assert settings.blas__ldflags == "-L/x -lmkl_rt -Wl,-rpath,/x"
    assert settings.gcc__cxxflags == "-O3 -march=native"


def test_flags_with_an_open_quote_are_refused():
    with pytest.raises(SettingsError, match=r"THEANO_FLAGS is .* which cannot be read"):
        read_settings("gcc.cxxflags='-O3", files=[])


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="is not a readable INI file"):
        read_settings("", files=[tmp_path])


def test_a_byte_order_mark_is_no_harm(tmp_path):
    path = tmp_path / "rc"
    path.write_bytes("\ufeff[global]\nfloatX = float64\n".encode())
    assert read_settings("", files=[path]).floatX == "float64"
