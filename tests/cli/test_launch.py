"""`autoenc launch`, and `autoenc train` as one of several processes."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from autoenc.cli.supervision import _free_port
from autoenc.distributed import LOST_ANOTHER
from autoenc.estimators import DenoisingAutoEncoder
from tests.cli.conftest import refusal, run
from torture.processes import children


def test_what_cannot_be_launched_is_refused():
    expected = "expected train and its arguments, or a Python script"
    assert f"transform cannot be launched; {expected}" in refusal("launch", "-n", 2, "transform")
    assert "there is no program; expected train and its arg" in refusal("launch", "-n", 2)


@pytest.mark.parametrize("backend", ["c", "numba"])
def test_several_processes_need_xla(backend, people, tmp_path):
    told = refusal("train", people, "-o", tmp_path / "m", "--distributed", "--backend", backend)
    assert f"--backend is {backend}, which trains in one process; several need --backend x" in told


@pytest.mark.parametrize("n", ["0", "-1", "two"])
def test_a_number_of_processes_is_at_least_1(n, capfd):
    with pytest.raises(SystemExit):
        run("launch", f"--processes={n}", "train")


def test_a_place_without_other_processes_is_refused(people, tmp_path):
    model = tmp_path / "model.safetensors"
    said = refusal("train", people, "-o", model, "--processes", 2)
    assert "--coordinator, --processes and --process need --distributed" in said


def test_processes_end_alike_on_wrong_input(tmp_path):
    command = [sys.executable, "-m", "autoenc", "launch", "-n", "2", "train", "nothing.npy"]
    done = subprocess.run(
        [*command, "-o", "model.safetensors", "--device", "cpu"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "nothing.npy" in errors[0]


def test_ctrl_c_in_one_process_ends_all_and_the_first_saves(tmp_path):
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).random((200, 10), dtype="float32"))
    train = ["train", "rows.npy", "-o", "model.safetensors", "--checkpoint", "rows.ckpt"]
    how = ["--backend", "xla", "--device", "cpu", "--hidden", "4", "--epochs", "100000", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "autoenc", "launch", "-n", "2", *train, *how],
        env={**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while process.poll() is None and not (tmp_path / "rows.ckpt").exists():
        time.sleep(0.1)
    os.kill(children(process)[1], signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    # Nothing of what gloo prints when processes, or all of their devices, connect.
    (saved,) = out.splitlines()
    assert saved.startswith("saved model.safetensors: DenoisingAutoEncoder, cost ")
    assert err.count("training was interrupted in epoch ") == 1
    model = DenoisingAutoEncoder.load(tmp_path / "model.safetensors")
    assert model.history_[-1]["interrupted"]
    assert "4 devices of the CPU in 2 processes" in model.backend_


def test_one_that_is_stopped_under_another_launcher_is_named_and_all_end(tmp_path):
    """Launchers such as torchrun state these variables, and do not notice."""
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).random((200, 10), dtype="float32"))
    train = ["train", "rows.npy", "-o", "model.safetensors", "--checkpoint", "rows.ckpt"]
    how = ["--backend", "xla", "--device", "cpu", "--hidden", "4", "--epochs", "100000"]
    how += ["--quiet", "--distributed"]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": "2"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "autoenc", *train, *how],
            env={**os.environ, **place, "RANK": str(rank)},
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    while processes[1].poll() is None and not (tmp_path / "rows.ckpt").exists():
        time.sleep(0.1)
    processes[1].send_signal(signal.SIGSTOP)
    started = time.monotonic()
    try:
        said = [process.communicate(timeout=60)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert time.monotonic() - started < 15
    named = f"error: process 1 of 2 (PID {processes[1].pid} on "
    assert [line for line in said[1].splitlines() if line.startswith(named)]
    assert "error: another process of the training run has ended or does not answer" in said[0]
    assert processes[0].returncode == LOST_ANOTHER
