"""The training loop, on real digits and on tiny models."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import sparse

from autoenc.backends import resolve_backend
from autoenc.graph import AutoEncoderLayer, masking, sgd
from autoenc.training import Callback, train
from tests import reference


def model(n_visible=784, n_hidden=30, corruption=0.0):
    layer = AutoEncoderLayer(n_visible, n_hidden, rng=np.random.RandomState(3))
    x = pt.matrix("x")
    corrupted = masking(x, corruption, 1) if corruption else None
    cost = layer.cross_entropy(x, corrupted).mean()
    return layer, {"cost": cost, "updates": sgd(cost, layer.params, 0.1), "inputs": [x]}


def fit(images, corruption=0.0, **settings):
    layer, graph = model(corruption=corruption)
    defaults = {"batch_size": 20, "n_epochs": 2, "progress": False, "backend": "xla"}
    history = train(**graph, data=images, **{**defaults, **settings})
    return history, [p.get_value() for p in layer.params]


def same(first, second):
    return all(a.tobytes() == b.tobytes() for a, b in zip(first[1], second[1], strict=True))


def test_the_cost_falls_and_history_tells(digits, backend):
    history, _ = fit(digits.train.images[:1000], backend=backend, n_epochs=3)
    assert [record["epoch"] for record in history] == [1, 2, 3]
    assert history[0]["cost"] > history[1]["cost"] > history[2]["cost"] > 0
    for record in history:
        assert set(record) == {"epoch", "cost", "seconds", "rows_per_second"}
        assert record["rows_per_second"] == pytest.approx(1000 / record["seconds"])


def test_backends_agree_after_three_epochs(digits):
    histories = [fit(digits.train.images, backend=b, n_epochs=3)[0] for b in ("c", "xla")]
    costs = [[record["cost"] for record in history] for history in histories]
    np.testing.assert_allclose(costs[0], costs[1], rtol=1e-4)


def test_numba_agrees_too(digits):
    images = digits.train.images[:1000]
    costs = [[r["cost"] for r in fit(images, backend=b, n_epochs=3)[0]] for b in ("numba", "xla")]
    np.testing.assert_allclose(costs[0], costs[1], rtol=1e-4)


def test_against_plain_numpy_with_a_last_short_minibatch(digits, backend):
    images = digits.train.images[:110]
    layer, graph = model()
    start = reference.Parameters(*(p.get_value().astype("float64") for p in layer.params))
    history = train(
        **graph,
        data=images,
        batch_size=20,
        n_epochs=1,
        shuffle=False,
        backend=backend,
        progress=False,
    )
    params, costs = reference.train_reference(
        start, images, batch_size=20, n_epochs=1, learning_rate=0.1
    )
    rows = [20, 20, 20, 20, 20, 10]
    assert history[0]["cost"] == pytest.approx(np.average(costs, weights=rows), rel=1e-5)
    for ours, theirs in zip(layer.params, params, strict=True):
        np.testing.assert_allclose(ours.get_value(), theirs, rtol=1e-3, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes(digits, backend):
    images = digits.train.images[:500]
    runs = [fit(images, corruption=0.3, backend=backend, seed=s) for s in (1, 1, 2)]
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


def test_another_process_gives_the_same_bytes(digits):
    code = """
import numpy as np
from tests.training.test_train import fit
from autoenc import load_mnist
_, params = fit(load_mnist(sample=True).train.images[:500], corruption=0.3, backend="c")
print("".join(p.tobytes().hex() for p in params))
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert len(runs[0].stdout) > 1000
    assert runs[0].stdout == runs[1].stdout


@pytest.mark.parametrize("block_size", [1, 7, 1000])
def test_without_noise_the_block_size_changes_no_byte(digits, backend, block_size):
    images = digits.train.images[:510]
    assert same(fit(images, backend=backend), fit(images, backend=backend, block_size=block_size))


def test_each_epoch_has_an_order_of_its_own_unless_told_otherwise(digits):
    images = digits.train.images[:500]
    shuffled, ordered = fit(images), fit(images, shuffle=False)
    assert not same(shuffled, ordered)
    assert same(ordered, fit(images, shuffle=False, seed=99))


def test_callbacks_see_present_parameters(digits):
    layer, graph = model()
    seen = []
    train(
        **graph,
        data=digits.train.images[:100],
        n_epochs=3,
        progress=False,
        backend="xla",
        callbacks=[lambda record: seen.append((record["epoch"], layer.W.get_value().sum()))],
    )
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert len({total for _, total in seen}) == 3


def test_a_callback_that_raises_leaves_what_was_learned(digits):
    layer, graph = model()
    before = layer.W.get_value()

    def fail(record):
        raise RuntimeError("the callback's own trouble")

    with pytest.raises(RuntimeError, match="own trouble"):
        train(
            **graph,
            data=digits.train.images[:100],
            progress=False,
            backend="xla",
            callbacks=[fail],
        )
    assert isinstance(layer.W.get_value(borrow=True), np.ndarray)
    assert not np.array_equal(before, layer.W.get_value())


def test_several_inputs():
    x, y = pt.vector("x"), pt.vector("y")
    slope = pytensor.shared(np.float32(0), name="slope")
    cost = ((slope * x - y) ** 2).mean()
    data = np.linspace(-1, 1, 50)
    train(
        cost,
        sgd(cost, [slope], 0.5),
        inputs=[x, y],
        data=(data, 3 * data),
        n_epochs=20,
        batch_size=10,
        progress=False,
    )
    assert slope.get_value() == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize("n_dimensions", [1, 2, 3])
def test_a_single_input_has_its_data_alone_or_in_a_list(n_dimensions):
    x = pt.tensor("x", dtype="float32", shape=(None,) * n_dimensions)
    rows = np.random.default_rng(0).random((12, 3, 2)[:n_dimensions]).astype("float32")

    def costs(data):
        p = pytensor.shared(np.float32(0))
        cost = ((x - p) ** 2).mean()
        updates = sgd(cost, [p], 0.1)
        history = train(cost, updates, inputs=[x], data=data, batch_size=4, progress=False)
        return [record["cost"] for record in history]

    assert costs(rows) == costs([rows]) == costs((rows,))


def test_the_callers_data_is_left_alone(digits, backend):
    images = digits.train.images[:100].copy()
    before = images.copy()
    images.setflags(write=False)
    fit(images, backend=backend, corruption=0.5)
    np.testing.assert_array_equal(images, before)


def interrupt(*_):
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_cleanly_with_the_parameters_trained_so_far(digits, backend):
    images = digits.train.images[:500]
    layer, graph = model()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.warns(UserWarning, match="interrupted in epoch 1; the parameters are those"):
        history = train(
            **graph,
            data=images,
            n_epochs=1000,
            progress=False,
            backend=backend,
            callbacks=[interrupt],
        )
    assert len(history) == 1
    assert same(
        (None, [p.get_value() for p in layer.params]), fit(images, n_epochs=1, backend=backend)
    )
    assert signal.getsignal(signal.SIGINT) is handler


class Interrupt(Callback):
    def block_end(self, training):
        interrupt()


def test_ctrl_c_within_an_epoch(digits):
    _, graph = model()
    with pytest.warns(UserWarning, match="interrupted"):
        history = train(
            **graph,
            data=digits.train.images[:100],
            block_size=2,
            n_epochs=10,
            progress=False,
            backend="xla",
            callbacks=[Interrupt()],
        )
    assert len(history) == 1
    assert history[0]["interrupted"] is True
    assert history[0]["rows_per_second"] == pytest.approx(40 / history[0]["seconds"])


def test_training_works_outside_the_main_thread(digits):
    results = []
    thread = threading.Thread(target=lambda: results.append(fit(digits.train.images[:100])))
    thread.start()
    thread.join()
    assert same(results[0], fit(digits.train.images[:100]))


def test_the_progress_bar_names_the_backend_and_moves_within_an_epoch(digits, capsys, monkeypatch):
    monkeypatch.setattr("autoenc.training.progress._said", set())
    fit(digits.train.images, n_epochs=1, progress=True, block_size=25)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "autoenc runs on XLA on " in shown.err
    assert "epoch 1/1" in shown.err
    assert "cost" in shown.err


def test_memory_does_not_grow_with_the_number_of_steps(digits):
    code = """
import resource, sys
from tests.training.test_train import fit
from autoenc import load_mnist
images = load_mnist(sample=True).train.images[:200]
fit(images, n_epochs=2, backend=sys.argv[1], corruption=0.3)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fit(images, n_epochs=300, backend=sys.argv[1], corruption=0.3)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    for backend in ("c", "xla"):
        run = subprocess.run(
            [sys.executable, "-c", code, backend], capture_output=True, text=True, check=True
        )
        assert int(run.stdout) < 40_000, f"{backend} grew by {run.stdout} KiB"


BAD_SETTINGS = [
    ({"batch_size": 0}, "batch_size is 0; expected an integer of at least 1"),
    ({"batch_size": 2.5}, "batch_size is 2.5; expected an integer"),
    ({"n_epochs": 0}, "n_epochs is 0; expected an integer of at least 1"),
    ({"n_epochs": True}, "n_epochs is True; expected an integer"),
    ({"block_size": 0}, "block_size is 0; expected an integer of at least 1"),
    ({"device_bytes": 0}, "device_bytes is 0; expected a number of bytes > 0"),
    ({"seed": -1}, "seed is -1; expected an integer of at least 0"),
    ({"shuffle": "no"}, "shuffle is 'no'; expected True or False"),
    ({"max_halvings": -1}, "max_halvings is -1; expected an integer of at least 0"),
    (
        {"validation": (pt.vector("q"), np.zeros((2, 784)))},
        "the validation cost needs q; expected the inputs of the training, x",
    ),
    ({"data": np.zeros((0, 784))}, "the data has 0 rows"),
    ({"data": np.zeros(784)}, r"the data for x has shape \(784,\); expected 2 dimensions"),
    ({"data": (np.zeros((2, 784)),) * 2}, r"has shape \(2, 2, 784\); expected 2 dimensions"),
]


@pytest.mark.parametrize(("settings", "message"), BAD_SETTINGS)
def test_bad_settings(settings, message):
    _, graph = model()
    with pytest.raises(ValueError, match=message):
        train(**graph, **{"data": np.zeros((10, 784)), "progress": False, **settings})


def test_two_updates_of_one_variable_are_refused():
    x, W = pt.matrix("x"), pytensor.shared(np.ones((3, 2), "float32"), name="W")
    with pytest.raises(ValueError, match="updates has two new values of W; expected one"):
        train(x.sum(), [(W, 2 * W), (W, 0 * W)], inputs=[x], data=np.ones((4, 3)))


def test_inputs_and_data_that_do_not_fit():
    x, y = pt.matrix("x"), pt.matrix("y")
    cost = (x + y).sum()
    for data, message in [
        (np.zeros((3, 2)), "data for 1 inputs, but inputs has 2"),
        ((np.zeros((3, 2)), np.zeros((4, 2))), r"the arrays of the data have \[3, 4\] rows"),
    ]:
        with pytest.raises(ValueError, match=message):
            train(cost, {}, inputs=[x, y], data=data, progress=False)


LOST = [
    (np.ma.masked_greater([1.0, 1e4], 10), "float32", "a masked entry at row 1"),
    ([0.9, 1.0], "int32", "0.9 at row 0, which int32 cannot hold"),
    ([1, 300], "int8", "300 at row 1, which int8 cannot hold"),
    ([1, -1], "uint8", "-1 at row 1, which uint8 cannot hold"),
    ([1.0, np.nan], "int32", "nan at row 1, which int32 cannot hold"),
    ([2.0, 1e300], "float32", r"1e\+300 at row 1, which float32 cannot hold"),
    ([1.0, 2j], "float64", "2j at row 1, which float64 cannot hold"),
    (sparse.csr_array(np.eye(2)), "float32", "a sparse matrix"),
]


@pytest.mark.parametrize(("data", "dtype", "message"), LOST)
def test_values_that_an_input_cannot_hold_are_refused(data, dtype, message):
    x = pt.tensor("x", dtype=dtype, shape=(None,) * (2 if sparse.issparse(data) else 1))
    with pytest.raises(ValueError, match=f"the data for x (has|is) {message}"):
        train(x.sum(), {}, inputs=[x], data=data, progress=False)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [([1.0, 2.0], "int8"), ([True, False], "float32"), ([1, 0], "bool"), ([2 + 0j], "float32"),
     ([0.1, -np.inf], "float32"), ([2**30], "int64")],
)  # fmt: skip
def test_values_that_an_input_can_hold_are_cast(data, dtype, backend):
    x = pt.vector("x", dtype=dtype)
    p = pytensor.shared(np.asarray(0, dtype))
    train(x.max(), {p: x.max()}, inputs=[x], data=data, n_epochs=1, progress=False,
          backend=backend)  # fmt: skip
    assert p.get_value() == np.asarray(data).real.astype(dtype).max()


def test_integers_of_64_bits_are_not_cut(backend):
    x, p = pt.lvector("x"), pytensor.shared(np.int64(0))
    how = {"inputs": [x], "data": [2**40], "n_epochs": 1, "progress": False, "backend": backend}
    if backend == "xla":
        with pytest.raises(ValueError, match="has 1099511627776, but XLA computes"):
            train(x.max(), {p: x.max()}, **how)
    else:
        train(x.max(), {p: x.max()}, **how)
        assert p.get_value() == 2**40


def test_labels_may_have_64_bits(backend):
    """The default integers of NumPy, with parameters of float32."""
    rng = np.random.default_rng(0)
    rows, labels = rng.random((60, 6)).astype("float32"), rng.integers(3, size=60)
    weights = []
    for dtype in ("int32", "int64"):
        W = pytensor.shared(np.zeros((6, 3), "float32"))
        x, y = pt.fmatrix("x"), pt.vector("y", dtype=dtype)
        p = pt.special.log_softmax(x @ W, axis=1)
        cost = -p[pt.arange(y.shape[0]), y].mean().astype("float32")
        updates = {W: W - np.float32(0.1) * pt.grad(cost, W)}
        train(cost, updates, inputs=[x, y], data=[rows, labels.astype(dtype)], n_epochs=2,
              progress=False, backend=backend)  # fmt: skip
        weights.append(W.get_value())
    assert weights[0].tobytes() == weights[1].tobytes()


def test_data_larger_than_the_device_is_moved_block_by_block(digits, backend, tmp_path):
    images = digits.train.images[:510]
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    chunked = fit(mapped, backend=backend, corruption=0.3, block_size=5, device_bytes=100_000)
    assert same(chunked, fit(images, backend=backend, corruption=0.3, block_size=5))


@pytest.mark.parametrize(("budget", "most"), [(None, 510), (10**9, 510), (100_000, 100)])
def test_no_more_is_put_on_the_device_than_is_allowed(digits, monkeypatch, budget, most):
    chosen = resolve_backend("c", "cpu")
    lengths = []
    monkeypatch.setattr(chosen, "put", lambda array: lengths.append(len(array)) or array)
    fit(digits.train.images[:510], backend=chosen, block_size=5, device_bytes=budget)
    assert max(lengths) == most
