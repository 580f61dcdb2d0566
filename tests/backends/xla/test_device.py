"""Guarantees of XLA on every device: ``AUTOENC_TEST_DEVICE=cuda`` runs the tests on a GPU."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytensor.tensor as pt
import pytest

from autoenc.backends import BackendError, make_step
from autoenc.backends.xla.xla_backend import XlaBackend
from autoenc.graph import AutoEncoderLayer, adam, masking, momentum, sgd
from autoenc.training import Callback, train
from tests.devices import DEVICE

RULES = {"sgd": sgd, "momentum": momentum, "adam": adam}
on_a_gpu = pytest.mark.skipif(DEVICE == "cpu", reason="AUTOENC_TEST_DEVICE names no GPU")


def fit(digits, backend="xla", rule="sgd", rate=0.05, corruption=0.3, n_hidden=64, **settings):
    """Train on the sample of digits; return parameters and costs."""
    layer = AutoEncoderLayer(784, n_hidden, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    corrupted = masking(x, corruption, 1) if corruption else None
    cost = layer.cross_entropy(x, corrupted=corrupted).mean()
    history = train(
        cost,
        RULES[rule](cost, layer.params, rate),
        inputs=[x],
        data=digits.train.images[:1010],
        backend=backend,
        progress=False,
        **{
            "device": DEVICE if backend == "xla" else "cpu",
            "n_epochs": 3,
            "batch_size": 20,
            **settings,
        },
    )
    return [p.get_value() for p in layer.params], [record["cost"] for record in history]


@pytest.mark.parametrize("batch_size", [20, 300])
def test_the_same_seed_gives_the_same_bytes(digits, batch_size):
    first, second = (fit(digits, batch_size=batch_size) for _ in range(2))
    assert first[1] == second[1]
    for one, other in zip(first[0], second[0], strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("batch_size", [20, 300])
@pytest.mark.usefixtures("compiler")
def test_without_noise_it_agrees_with_c(digits, rule, batch_size):
    settings = {"rule": rule, "corruption": 0, "batch_size": batch_size}
    settings["rate"] = 0.002 if rule == "adam" else 0.05
    params, costs = fit(digits, **settings)
    expected, expected_costs = fit(digits, "c", **settings)
    np.testing.assert_allclose(costs, expected_costs, rtol=1e-4)
    for ours, theirs in zip(params, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1e-3)


class StopAfter(Callback):
    """Ends a training after an epoch."""

    def epoch_end(self, training):
        training.stop_requested = True


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("first", "second"), [("xla", "xla"), ("xla", "c"), ("c", "xla")])
def test_a_checkpoint_goes_from_device_to_device(digits, tmp_path, first, second):
    whole = fit(digits, first, corruption=0, block_size=10)
    path = tmp_path / "run.ckpt"
    settings = {"corruption": 0, "block_size": 10, "checkpoint": path}
    fit(digits, first, callbacks=[StopAfter()], **settings)
    if first == second:
        resumed = fit(digits, second, resume=True, **settings)
        assert resumed[1] == whole[1]
        for ours, theirs in zip(resumed[0], whole[0], strict=True):
            assert ours.tobytes() == theirs.tobytes()
        return
    with pytest.warns(UserWarning, match="backend"):
        resumed = fit(digits, second, resume=True, **settings)
    np.testing.assert_allclose(resumed[1], whole[1], rtol=1e-4)


def test_tf32_needs_a_gpu_and_says_so(digits):
    if DEVICE == "cpu":
        with pytest.raises(BackendError, match=r"'tf32' runs on a CUDA GPU, .*device='cuda'"):
            fit(digits, precision="tf32")
        return
    exact, rounded = (
        fit(digits, corruption=0, batch_size=300, precision=precision)
        for precision in ("float32", "tf32")
    )
    assert exact[1] != rounded[1]
    np.testing.assert_allclose(exact[1], rounded[1], rtol=5e-3)


@on_a_gpu
def test_thin_minibatches_are_one_kernel(digits, caplog):
    layer = AutoEncoderLayer(784, 500, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x, corrupted=masking(x, 0.3, 1)).mean()
    step = make_step(cost, sgd(cost, layer.params, 0.1), [x])
    start = [p.get_value() for p in layer.params]
    backend = XlaBackend(DEVICE)
    rows = np.arange(5000).reshape(-1, 20)
    gpu, results = backend.gpu, []
    for backend.gpu in (gpu, None):
        for variable, value in zip(layer.params, start, strict=True):
            variable.set_value(value)
        with caplog.at_level("INFO", logger="autoenc"):
            runner = backend.compile(step)
            results.append(runner.run([backend.put(digits.train.images)], rows, (1,)))
    assert gpu is not None
    assert "XLA runs" not in caplog.text
    assert results[0].tobytes() != results[1].tobytes()
    np.testing.assert_allclose(results[0], results[1], rtol=1e-4)


@on_a_gpu
def test_a_full_gpu_is_said_and_nothing_is_lost():
    code = """
        import warnings
        import numpy as np
        from autoenc import AutoEncoder
        images = np.random.default_rng(0).random((400_000, 784), dtype="float32")
        ae = AutoEncoder(64, n_epochs=1, batch_size=500, device="cuda", verbose=False)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            ae.fit(images)
        print([str(w.message)[:60] for w in said], ae.history_[-1]["cost"])
        try:
            AutoEncoder(200_000, n_epochs=1, device="cuda", verbose=False).fit(images[:1000])
        except MemoryError as error:
            print("MemoryError", error)
    """
    environment = os.environ | {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.005"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert "does not fit into the device's memory" in done.stdout, (
        done.stdout + done.stderr[-3000:]
    )
    assert "MemoryError" in done.stdout, done.stdout + done.stderr[-3000:]


def test_other_processes_train_the_same_bytes_without_what_was_compiled_before():
    code = """
        import hashlib, sys
        import numpy as np
        from autoenc import DenoisingAutoEncoder
        rows = np.random.default_rng(0).random((2000, 784), dtype="float32")
        ae = DenoisingAutoEncoder(
            500, n_epochs=1, batch_size=500, random_state=0, verbose=False,
            backend="xla", device=sys.argv[1],
        ).fit(rows)
        print(hashlib.sha256(ae.W_.tobytes()).hexdigest())
    """
    command = [sys.executable, "-c", textwrap.dedent(code), DEVICE]
    environment = os.environ | {"JAX_ENABLE_COMPILATION_CACHE": "false"}
    first, second = (
        subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        for _ in range(2)
    )
    assert first.stdout == second.stdout != ""
