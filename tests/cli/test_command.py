"""The command as a whole, `info`, `doctor` and `bench`."""

import importlib.util
import os
import re
import signal
import subprocess

import pytest

import autoenc
from autoenc.backends import cpu, resolve_backend
from autoenc.cli import COMMANDS, bench, main, probes
from autoenc.configuration import user_settings
from autoenc.estimators import AutoEncoder, SoftmaxClassifier
from autoenc.training.run import Run
from tests.cli.conftest import COMMAND, good, refusal, run

NAMES = [command.__name__.rpartition(".")[2] for command in COMMANDS]


def test_info_tells_what_would_run_here():
    shown = good("info")
    assert resolve_backend().description in shown
    assert resolve_backend().reason in shown
    assert "floatX    float32" in shown


def test_info_of_a_model(digits, tmp_path):
    path = tmp_path / "model.safetensors"
    model = AutoEncoder(20, n_epochs=2, random_state=0, verbose=False)
    model.fit(digits.train.images[:100]).save(path)
    shown = good("info", path)
    assert shown.startswith("AutoEncoder(")
    assert "n_hidden=20" in shown
    assert "float32 (784, 20)" in shown
    assert f"trained for 2 epochs to a cost of {model.history_[-1]['cost']}" in shown
    assert f"autoenc {autoenc.__version__}" in shown


def test_info_of_a_single_epoch(digits, tmp_path):
    path = tmp_path / "model.safetensors"
    AutoEncoder(2, n_epochs=1, verbose=False).fit(digits.train.images[:40]).save(path)
    assert "trained for 1 epoch to a cost of" in good("info", path)


def test_info_of_the_data_of_a_model(people_model, faces_model):
    shown = good("info", people_model)
    assert "columns       age, income, height" in shown
    assert "scaling       minmax" in shown
    assert "images        28 x 28" in good("info", faces_model)


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing", "there is no model file at nothing"), (__file__, "is not a model file")],
)
def test_errors_are_one_line(name, message):
    assert message in refusal("info", name)
    assert message in refusal("transform", name, "data.csv", "-o", "codes.csv")


def test_models_that_the_commands_cannot_use(digits, tmp_path):
    path = tmp_path / "model.safetensors"
    train = digits.train
    SoftmaxClassifier(n_epochs=1, verbose=False).fit(train.images[:50], train.labels[:50]).save(
        path
    )
    assert "model of class SoftmaxClassifier; this command takes AutoEncoder" in refusal(
        "score", path, "a"
    )


def test_verbose_shows_where_an_error_comes_from():
    outcome = run("info", "nothing", "--verbose")
    assert outcome.status == 1
    assert "Traceback" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("error: there is no model file")


def test_a_long_error_is_one_line(monkeypatch):
    def fail(path):
        raise ValueError("several\n  lines")

    monkeypatch.setattr("autoenc.cli.info.describe_model", fail)
    assert refusal("info", "x") == "error: several lines\n"


def test_an_error_of_ours_says_how_to_see_more(monkeypatch):
    def fail(path):
        raise KeyError("missing")

    monkeypatch.setattr("autoenc.cli.info.describe_model", fail)
    assert refusal("info", "x") == ("error: KeyError: 'missing' (--verbose shows the traceback)\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["train"],
        ["score", "--what"],
        ["doctor", "nothing"],
        ["train", "x", "-o", "y", "--hidden", "x"],
        ["train", "x", "-o", "y", "--seed", "-1"],
        ["train", "x", "-o", "y", "--columns", "a,b,a"],
    ],
)
def test_a_wrong_command_line_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert re.fullmatch(r"error: .*; see `autoenc( \w+)? --help`\.\n", told)


@pytest.mark.parametrize("name", NAMES)
def test_help_has_examples(name, capsys):
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert f"examples:\n  autoenc {name}" in shown


def test_version(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"autoenc {autoenc.__version__}\n"


def test_the_installed_command(people, people_model, tmp_path):
    shown = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
    assert all(f"\n    {name}" in shown for name in NAMES)
    codes = tmp_path / "codes.csv"
    subprocess.run([COMMAND, "transform", people_model, people, "-o", codes], check=True)
    assert len(codes.read_text().splitlines()) == 81
    failed = subprocess.run([COMMAND, "info", "x"], capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "error: there is no model file at x.\n"


def test_a_reader_that_has_seen_enough(people, people_model):
    shell = f"'{COMMAND}' score '{people_model}' '{people}' | head -n 1"
    seen = subprocess.run(shell, shell=True, capture_output=True, text=True, check=True)
    assert (seen.stdout, seen.stderr) == ("row,error\n", "")


def test_doctor_is_content_with_this_machine(monkeypatch):
    monkeypatch.setattr(probes, "SLOW", float("inf"))
    shown = good("doctor")
    assert f"ok      runs on {resolve_backend().description}" in shown
    assert "ok      gradient against finite differences: relative error" in shown
    assert "ok      the same seed gives the same bytes" in shown
    assert "ok      a diverging training run is stopped" in shown
    assert "ok      NaN in the data is refused" in shown
    assert "NumPy's bare products" in shown
    assert "BROKEN" not in shown


def status_of(check):
    return [finding.status for finding in check()]


def test_doctor_notices_what_is_broken(monkeypatch):
    monkeypatch.setattr(probes, "gradient_error", lambda: 0.1)
    outcome = run("doctor")
    assert outcome.status == 1
    assert "BROKEN  gradient against finite differences: relative error 1.0e-01" in outcome.out
    assert outcome.out.endswith("1 broken; see above.\n")


def test_doctor_survives_a_check_that_fails(monkeypatch):
    def check():
        """Look at the weather."""
        raise OSError("no window")

    monkeypatch.setattr(probes, "CHECKS", (check,))
    outcome = run("doctor")
    assert outcome.status == 1
    assert "BROKEN  Look at the weather. OSError: no window" in outcome.out


def test_doctor_on_other_machines(monkeypatch, tmp_path):
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    assert status_of(probes.check_thread_settings) == ["advice"]
    monkeypatch.setenv("THEANO_FLAGS", "device=cuda7")
    user_settings.cache_clear()
    assert status_of(probes.check_backend) == ["broken"]
    user_settings.cache_clear()
    monkeypatch.setenv("THEANO_FLAGS", "device=cpu")
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200 (UUID: GPU-1)'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (finding,) = probes.check_devices()
    assert finding.text == (
        "GPU 0: NVIDIA H200 (UUID: GPU-1) is idle: device=cpu in .theanorc or THEANO_FLAGS"
    )


def test_doctor_sees_a_blas_held_back(monkeypatch):
    monkeypatch.setattr("autoenc.backends.cpu.has_cpu_flag", lambda flag: flag == "avx512f")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    (finding,) = probes.check_kernel_settings()
    assert finding.status == "advice"
    assert "OPENBLAS_CORETYPE=Haswell keeps OpenBLAS from AVX-512" in finding.text
    monkeypatch.setenv("OPENBLAS_CORETYPE", "SkylakeX")
    assert list(probes.check_kernel_settings()) == []


def test_doctor_measures_compiled_code(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "autoenc"
    for size, status in ((3 * 2**20, "ok"), (5 * 2**20, "advice")):
        monkeypatch.setattr(probes, "LARGE_CACHE", 4 * 2**20)
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "module.so").write_bytes(bytes(size))
        (finding,) = probes.check_cache()
        assert finding.status == status
        assert f"{size >> 20} MB of compiled code in {folder}" in finding.text


def test_doctor_says_why_compiled_code_cannot_be_kept(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    advice, _ = probes.check_cache()
    assert advice.status == "advice"
    assert "compiled code goes to the temporary folder" in advice.text


def test_doctor_without_a_compiler(monkeypatch):
    monkeypatch.setattr("pytensor.config.cxx", "")
    monkeypatch.setattr("autoenc.backends.c.blas.find_blas", lambda: None)
    first, second = probes.check_compiler()
    assert "apt install g++" in first.text
    assert "no BLAS for C; pip install scipy-openblas32" in second.text


def test_doctor_sees_float64(monkeypatch):
    from pytensor import config

    with config.change_flags(floatX="float64"):
        monkeypatch.setenv("THEANO_FLAGS", "floatX=float64")
        (finding,) = probes.check_precision()
    assert finding.status == "advice"
    assert "float64, chosen by .theanorc or THEANO_FLAGS" in finding.text


def test_doctor_counts_the_processors_that_backends_use(monkeypatch):
    monkeypatch.setattr(cpu, "processors", lambda: 16)
    monkeypatch.setattr(cpu, "_quotas", lambda: [1.5])
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    (finding,) = probes.check_thread_settings()
    assert "OMP_NUM_THREADS=2, but 1 processors may be used" in finding.text
    assert cpu.usable_threads() == 1


def test_bench(monkeypatch):
    monkeypatch.setattr(probes, "N_HIDDEN", 20)
    monkeypatch.setattr(bench, "BATCH_SIZES", (20,))
    find = importlib.util.find_spec
    without_torch = lambda name: None if name == "torch" else find(name)  # noqa: E731
    monkeypatch.setattr("importlib.util.find_spec", without_torch)
    header, *lines = good("bench", "--backends", "xla").splitlines()
    assert header.split() == ["rows", "µs", "per", "minibatch", "rows", "per", "second"]
    assert [line.partition(",")[0] for line in lines] == ["autoenc", "NumPy"]
    for line in lines:
        *_, rows, microseconds, rate = line.replace(",", "").split()
        assert int(rows) == 20
        assert float(rate) == pytest.approx(20e6 / float(microseconds), rel=0.1)


@pytest.mark.filterwarnings("ignore:training was interrupted:UserWarning")
@pytest.mark.parametrize(
    "measure",
    [
        probes.gradient_error,
        probes.step_microseconds,
        lambda: list(probes.check_same_bytes()),
    ],
)
def test_ctrl_c_ends_a_measurement(monkeypatch, measure):
    """A training returns after Ctrl-C, with what it has learned; the measurement must not."""

    def interrupted(self, *args, **kwargs):
        os.kill(os.getpid(), signal.SIGINT)
        return run_block(self, *args, **kwargs)

    run_block = Run.run_block
    monkeypatch.setattr(Run, "run_block", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure()


def test_what_was_interrupted_is_told(monkeypatch):
    def stop(path):
        raise KeyboardInterrupt("there is no model yet")

    monkeypatch.setattr("autoenc.cli.info.describe_model", stop)
    assert run("info", "x") == (130, "", "interrupted: there is no model yet\n")


def test_bench_of_backends_that_are_not_there():
    assert "backend 'fortran' is not known" in refusal("bench", "--backends", "fortran")
