"""Processes train one model together, with the results of one process up to rounding."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from autoenc.backends.xla.xla_processes import Together, peer_errors
from autoenc.processes import PeerError
from tests.backends.xla import many_processes as program
from torture.processes import children

ROOT = Path(__file__).parents[3]
LOST = {4: (0, signal.SIGKILL), 2: (1, signal.SIGSTOP)}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Checkpoint of two epochs by one process."""
    path = tmp_path_factory.mktemp("one") / "one.ckpt"
    program.costs(300, 50, devices=None, n_epochs=program.EPOCHS_BEFORE, checkpoint=path)
    return path


@pytest.fixture(scope="module")
def of_two(checkpoint, tmp_path_factory):
    return job_of(2, checkpoint, tmp_path_factory.mktemp("processes"))


@pytest.fixture(scope="module")
def of_four(checkpoint, tmp_path_factory):
    return job_of(4, checkpoint, tmp_path_factory.mktemp("processes"))


@pytest.fixture(params=["of_two", "of_four"])
def job(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def two(of_two):
    """What each of two processes finds."""
    return of_two[0]


def job_of(n, checkpoint, folder):
    """What each process finds, what the launcher says when one is lost, and when it ends."""
    shutil.copy(checkpoint, folder / "resumed.ckpt")
    launch = ["launch", "-n", str(n), program.__file__, str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "autoenc", *launch],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    files = [folder / f"{rank}.json" for rank in range(n)]
    while process.poll() is None and not all(file.exists() for file in files):
        time.sleep(0.1)
    pids = children(process)
    rank, signum = LOST[n]
    started = time.monotonic()
    if process.returncode is None:
        os.kill(pids[rank], signum)
    said = process.communicate()[0]
    assert all(file.exists() for file in files), said
    found = [json.loads(file.read_text()) for file in files]
    return found, said, process.returncode, time.monotonic() - started, pids, folder


@functools.cache
def read_alone(form):
    """What one process finds."""
    return program.reading(program.FORMS[form], devices=None)


@functools.cache
def trained_alone(n, batch):
    return program.costs(n, batch, devices=None)


def test_costs_do_not_depend_on_the_number_of_processes(job):
    """Also of batches of 50, which four devices do not divide, and 1."""
    found, *_ = job
    assert [(one["rank"], one["count"]) for one in found] == [
        (rank, len(found)) for rank in range(len(found))
    ]
    for one in found:
        for costs, (n, batch) in zip(one["costs"], [(300, 50), (60, 1)], strict=True):
            np.testing.assert_allclose(costs, trained_alone(n, batch), rtol=1e-6)


READ = [(f"of_{n}", form) for n, k in (("two", 2), ("four", 4)) for form in program.forms_of(k)]


@pytest.mark.parametrize(("job", "form"), READ, indirect=["job"])
def test_each_process_reads_its_share_of_a_file(job, form):
    """Also where validation or memory make several calls of a block."""
    found, *_ = job
    costs, _ = read_alone(form)
    n_epochs = 1 if form == "one window" else 3
    n_read = [one["read"][form][1] for one in found]
    assert sum(n_read) == n_epochs * program.N_READ
    # Windows of 56 and 20 rows, of which one process may read one more than another.
    assert max(n_read) - min(n_read) <= 6 * n_epochs
    for one in found:
        np.testing.assert_allclose(one["read"][form][0], costs, rtol=1e-6)


def test_the_passes_before_a_training_are_shared_and_find_what_one_process_does(job):
    found, *_ = job
    cost, moments, n_passes = program.fitted(devices=None)
    assert n_passes > 5
    for one in found:
        np.testing.assert_allclose(one["fitted"][0], cost, rtol=1e-6)
        assert one["fitted"][1] == moments
        # Samples of 64 rows, which identify the data, are read by all.
        assert one["fitted"][2] < n_passes / len(found) + 0.2


@pytest.mark.filterwarnings("ignore:the checkpoint .* was written in a different environment")
def test_a_checkpoint_is_resumed_by_another_number_of_processes(job):
    found, *_, folder = job
    whole = program.costs(300, 50, devices=None, n_epochs=5)
    for one in found:
        np.testing.assert_allclose(one["resumed"], whole[:4], rtol=1e-6)
    resume = {"checkpoint": folder / "resumed.ckpt", "resume": True}
    again = program.costs(300, 50, devices=None, n_epochs=5, **resume)
    np.testing.assert_allclose(again, whole, rtol=1e-6)


def test_all_end_when_one_is_lost_and_the_launcher_says_why(job):
    found, said, status, seconds, pids, _ = job
    rank, signum = LOST[len(found)]
    how = "killed by SIGKILL" if signum == signal.SIGKILL else "stopped by SIGSTOP"
    assert f"error: process {rank} of {len(found)} was {how}" in said
    assert status == 1
    assert seconds < 30
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.values())


def test_validation_and_early_stopping(two):
    alone = program.validated(devices=None)
    assert len(alone) == 3
    assert two[0]["validated"] == two[1]["validated"]
    np.testing.assert_allclose(two[0]["validated"], alone, rtol=1e-6)


def test_the_learning_rate_is_halved_in_all(two):
    cost, n = program.halved(devices=None)
    assert n > 0
    assert two[0]["halved"] == two[1]["halved"]
    assert two[0]["halved"][1] == n
    # Steps that are too long make more of what is rounded.
    np.testing.assert_allclose(two[0]["halved"][0], cost, rtol=1e-3)


def test_random_numbers_are_the_same(two):
    assert two[0]["random"] == two[1]["random"]


def test_another_training_in_one_process_is_refused_in_all(two):
    expected = "ValueError: process 1 has a different training run than process 0; give all"
    assert all(one["refused"].startswith(expected) for one in two)
    assert "seed was 0, now 1" in two[1]["refused"]


def test_what_is_wrong_for_the_first_process_is_raised_in_all(two):
    assert two[0]["exists"] == two[1]["exists"]
    assert two[0]["exists"].startswith("FileExistsError: there is a checkpoint at ")


def test_a_small_memory_in_one_makes_blocks_smaller_in_all(two):
    whole = program.costs(300, 50, noise="none", devices=None)
    for one in two:
        costs, said = one["memory"]
        np.testing.assert_allclose(costs, whole, rtol=1e-6)
        assert said[0].startswith("the data does not fit into the device's memory (")
        assert said[1].startswith("the device has too little memory for a block (")
    assert "(the memory of process 1 is full: it is small)" in two[0]["memory"][1][0]


def test_a_small_memory_for_the_share_of_one_makes_blocks_smaller_in_all(two):
    whole, _ = program.reading({}, noise="none", devices=None)
    for one in two:
        costs, said = one["memory of shares"]
        np.testing.assert_allclose(costs, whole, rtol=1e-6)
        assert said[0].startswith("the device has too little memory for a block (")


def test_too_little_memory_within_a_block_in_all_makes_it_smaller_in_all(two):
    whole, _ = program.reading({}, noise="none", devices=None)
    for one in two:
        costs, said = one["memory within a block"]
        np.testing.assert_allclose(costs, whole, rtol=1e-6)
        assert said[0].startswith("the device has too little memory for a block (RESOURCE_EXH")


@pytest.mark.parametrize("rank", [0, 1])
def test_too_little_memory_within_a_block_in_one_ends_all(rank):
    """The others are at an exchange already, which nothing interrupts."""
    started = time.monotonic()
    failing = Path(program.__file__).with_name("one_without_memory.py")
    run = subprocess.run(
        [sys.executable, "-m", "autoenc", "launch", "-n", "2", str(failing), str(rank)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 1
    assert f"error: process {rank} of 2 ended with exit status 1" in run.stderr
    assert f"MemoryError: the device of process {rank} has too little memory" in run.stderr
    assert time.monotonic() - started < 100


@pytest.mark.parametrize("connection", [None, object()])
def test_a_jax_that_keeps_its_connection_elsewhere_is_lived_with(monkeypatch, connection):
    """Then processes do not meet, and too little memory within a block ends the training."""
    monkeypatch.setattr("jax._src.distributed.global_state", SimpleNamespace(client=connection))
    assert not Together(jax.devices()).met()
    monkeypatch.delattr("jax._src.distributed.global_state")
    assert not Together(jax.devices()).met()


@pytest.mark.parametrize("kind", [jax.errors.JaxRuntimeError, ValueError])
def test_an_exchange_with_a_lost_process_says_so(kind):
    with (
        pytest.raises(PeerError, match="another process of the training run has ended"),
        peer_errors(),
    ):
        raise kind("UNKNOWN: Gloo AllGather failed: Connection closed by peer")
    with pytest.raises(kind, match="out of range"), peer_errors():
        raise kind("a number is out of range")


def test_rows_that_one_process_cannot_read_end_all(two):
    assert two[1]["damaged"] == "SourceError: row 200 is damaged"
    assert two[0]["damaged"] == "PeerError: process 1 has failed: row 200 is damaged"


def test_errors_that_cannot_be_passed_are_described(two):
    of_first, not_passed, of_last = zip(*(one["errors"] for one in two), strict=True)
    assert of_first[0] == "PartialError: a.npy has only 3 rows"
    assert of_first[1] == "RuntimeError: PartialError: a.npy has only 3 rows"
    assert all("RuntimeError: AttributeError" in one for one in not_passed)
    assert of_last[0] == r"PeerError: process 1 has failed: there is no file \udcff.npy"
    assert of_last[1].startswith("FileNotFoundError: there is no file")


def test_models_that_share_compiled_code_are_fitted_on_a_file(two):
    alone = program.fitted_together(devices=None)
    for one in two:
        np.testing.assert_allclose(one["fitted together"], alone, rtol=1e-4, atol=1e-6)


def test_callbacks_of_the_first_process_stop_all(two):
    assert [one["stopped"] for one in two] == [[2, 2], [2, 0]]


def test_an_interruption_of_one_ends_all_at_the_same_block(two):
    n_epochs, was_interrupted, _ = two[0]["interrupted"]
    assert n_epochs > 1
    assert was_interrupted
    assert two[0]["interrupted"] == two[1]["interrupted"]
