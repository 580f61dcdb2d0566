"""Fits that are stopped and resumed, and fits that diverge."""

import os
import signal
import warnings

import numpy as np
import pytest

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)
from autoenc.storage import ModelFileError
from autoenc.training import Callback, CheckpointError, DivergedError, EpochPatience, Every

QUIET = {"random_state": 0, "verbose": False, "n_epochs": 4}
MAKERS = {
    "denoising": lambda: DenoisingAutoEncoder(8, optimizer="adam", learning_rate=0.01, **QUIET),
    "validated": lambda: AutoEncoder(
        8, momentum=0.9, validation_fraction=0.2, early_stopping=EpochPatience(2), **QUIET
    ),
    "perceptron": lambda: PerceptronClassifier(6, learning_rate_decay=0.9, dropout=0.2, **QUIET),
    "normalised": lambda: PerceptronClassifier(6, batch_norm=True, noise=0.2, **QUIET),
    "stack": lambda: StackedDenoisingAutoEncoder((8, 4), **QUIET),
    "deep": lambda: DeepAutoEncoder(
        (8, 4), pretraining_epochs=2, corruption=0.2, validation_fraction=0.2, **QUIET
    ),
    "classifier": lambda: StackedDenoisingClassifier((8, 4), pretraining_epochs=3, **QUIET),
}


def arrays(model):
    return {name: array.tobytes() for name, array in model.model_.named_arrays().items()}


class Stop(Callback):
    """Ends the process's work after so many epochs, by what a user would do."""

    def __init__(self, epochs, error=None):
        self.left = epochs
        self.error = error

    def epoch_end(self, training):
        self.left -= 1
        if self.left == 0 and self.error:
            raise self.error
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(scope="module")
def rows(digits):
    return digits.train.images[:100], digits.train.labels[:100]


@pytest.mark.parametrize("name", MAKERS)
def test_a_fit_that_was_stopped_ends_with_the_same_bytes(rows, name, tmp_path):
    whole = MAKERS[name]().fit(*rows)
    path = tmp_path / "run.ckpt"
    for epochs in (1, 2):
        with pytest.raises(RuntimeError, match="power cut"):
            MAKERS[name]().fit(
                *rows,
                checkpoint=path,
                resume=True,
                every=Every(blocks=1),
                callbacks=[Stop(epochs, RuntimeError("power cut"))],
            )
    again = MAKERS[name]().fit(*rows, checkpoint=path, resume=True)
    assert arrays(again) == arrays(whole)
    assert [r["cost"] for r in again.history_] == [r["cost"] for r in whole.history_]


@pytest.mark.parametrize("name", MAKERS)
def test_without_a_random_state_the_seed_is_that_of_the_checkpoint(rows, name, tmp_path):
    def fit(**more):
        return MAKERS[name]().set_params(random_state=None).fit(*rows, **more)

    path = tmp_path / "run.ckpt"
    np.random.seed(3)  # noqa: NPY002 - what scikit-learn draws from without a random state
    whole = fit()
    np.random.seed(3)  # noqa: NPY002
    with pytest.raises(RuntimeError, match="power cut"):
        fit(checkpoint=path, callbacks=[Stop(2, RuntimeError("power cut"))])
    again = fit(checkpoint=path, resume=True)
    assert again.seed_ == whole.seed_
    assert arrays(again) == arrays(whole)


def test_a_decay_that_was_chosen_from_the_number_of_epochs_is_named(tmp_path):
    table = np.random.default_rng(0).normal(size=(120, 6))
    path = tmp_path / "run.ckpt"
    AutoEncoder(3, **{**QUIET, "n_epochs": 2}).fit(table, checkpoint=path)
    with pytest.raises(CheckpointError, match=r"decay was .* was chosen from n_epochs"):
        AutoEncoder(3, **QUIET).fit(table, checkpoint=path, resume=True)
    path.unlink()
    AutoEncoder(3, learning_rate=0.01, **{**QUIET, "n_epochs": 2}).fit(table, checkpoint=path)
    more = AutoEncoder(3, learning_rate=0.01, **QUIET).fit(table, checkpoint=path, resume=True)
    assert len(more.history_) == QUIET["n_epochs"]


class StopInBlock(Callback):
    """Requests the end of training, as the first Ctrl-C does."""

    def block_end(self, training):
        training.stop_requested = True


@pytest.mark.parametrize("n_fits", [0, 1, 2])
@pytest.mark.parametrize("warm_start", [False, True])
def test_an_interrupted_fit_resumes_in_the_same_process(rows, tmp_path, warm_start, n_fits):
    model, whole = (MAKERS["denoising"]().set_params(warm_start=warm_start) for _ in range(2))
    for _ in range(n_fits):
        model.fit(rows[0])
        whole.fit(rows[0])
    path = tmp_path / "run.ckpt"
    model.fit(rows[0], checkpoint=path, callbacks=StopInBlock())
    model.fit(rows[0], checkpoint=path, resume=True)
    assert arrays(model) == arrays(whole.fit(rows[0]))
    assert [r["epoch"] for r in model.history_] == [r["epoch"] for r in whole.history_]


class StopLayer(Callback):
    """Requests the end of the first layer in its second epoch, and fails in the second layer."""

    def __init__(self, when, error=None):
        self.when, self.error, self.n_starts = when, error, 0

    def start(self, training):
        self.n_starts += 1

    def block_end(self, training):
        if self.n_starts == 2 and training.epoch == 2 and self.error is not None:
            raise self.error
        self._stop_in("block", training)

    def epoch_end(self, training):
        self._stop_in("epoch", training)

    def _stop_in(self, when, training):
        if self.n_starts == 1 and training.epoch == 2 and when == self.when:
            training.stop_requested = True


@pytest.mark.parametrize("when", ["block", "epoch"])
def test_a_layer_that_a_callback_ended_is_not_trained_further(rows, tmp_path, when):
    path = tmp_path / "run.ckpt"
    whole = MAKERS["stack"]().fit(rows[0], callbacks=[StopLayer(when)])
    error = RuntimeError("power cut")
    with pytest.raises(RuntimeError, match="power cut"):
        MAKERS["stack"]().fit(rows[0], checkpoint=path, callbacks=[StopLayer(when, error)])
    for _ in range(2):  # the second time, all layers are done
        again = MAKERS["stack"]().fit(rows[0], checkpoint=path, resume=True)
        assert arrays(again) == arrays(whole)
        assert [r["epoch"] for r in again.history_] == [r["epoch"] for r in whole.history_]


def test_each_layer_of_a_stack_has_a_file(rows, tmp_path):
    MAKERS["classifier"]().fit(*rows, checkpoint=tmp_path / "run.ckpt")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["run.ckpt", "run.layer_1.ckpt", "run.layer_2.ckpt"]


@pytest.mark.parametrize(
    ("name", "file"), [("stack", "run.layer_2.ckpt"), ("classifier", "run.ckpt")]
)
def test_the_checkpoint_of_an_upper_part_is_refused_before_training(rows, tmp_path, name, file):
    model = MAKERS[name]().fit(*rows)
    before, path = arrays(model), tmp_path / "run.ckpt"
    (tmp_path / file).write_bytes(b"another run")
    with pytest.raises(FileExistsError, match=f"there is a checkpoint at .*{file}"):
        model.fit(*rows, checkpoint=path)
    assert arrays(model) == before
    assert [one.name for one in tmp_path.iterdir()] == [file]


def test_a_checkpoint_is_no_model(rows, tmp_path):
    path = tmp_path / "run.ckpt"
    MAKERS["denoising"]().fit(*rows, checkpoint=path, every=np.int64(1))
    with pytest.raises(ModelFileError, match="is a checkpoint of a training run, not a model"):
        DenoisingAutoEncoder.load(path)


def test_other_settings_are_refused(rows, tmp_path):
    path = tmp_path / "run.ckpt"
    MAKERS["denoising"]().fit(*rows, checkpoint=path)
    other = MAKERS["denoising"]().set_params(corruption=0.4)
    with pytest.raises(CheckpointError, match="graph was"):
        other.fit(*rows, checkpoint=path, resume=True)
    with pytest.raises(FileExistsError, match="pass resume=True"):
        MAKERS["denoising"]().fit(*rows, checkpoint=path)


def test_ctrl_c_in_a_lower_layer_ends_the_fit_of_a_stack(rows, tmp_path):
    path = tmp_path / "run.ckpt"
    stack = MAKERS["stack"]()
    with (
        pytest.warns(UserWarning, match="interrupted in epoch 2"),
        pytest.raises(KeyboardInterrupt, match="fit with checkpoint= and resume=True"),
    ):
        stack.fit(rows[0], checkpoint=path, callbacks=[Stop(2)])
    assert not stack.__sklearn_is_fitted__()
    again = stack.fit(rows[0], checkpoint=path, resume=True)
    assert arrays(again) == arrays(MAKERS["stack"]().fit(rows[0]))


def diverging(**settings):
    return AutoEncoder(
        8, cost="squared_error", output="linear", activation="linear", scale=None,
        **{**QUIET, **settings},
    )  # fmt: skip


def test_a_rate_that_is_too_large_is_halved(rows):
    model = diverging(learning_rate=20.0, n_epochs=40)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(rows[0])
    assert "half the learning rate (1 of at most 5 times)" in str(caught[0].message)
    assert sum(record.get("halved", 0) for record in model.history_) == len(caught)
    assert model.history_[-1]["cost"] < 0.2


@pytest.mark.parametrize("backend", ["c", "xla"])
def test_a_cost_that_explodes_and_stays_finite_is_noticed(backend):
    table = np.random.default_rng(0).random((120, 6))
    model = AutoEncoder(3, learning_rate=1e4, backend=backend, **QUIET)
    with pytest.warns(UserWarning, match="the cost has risen from .* smaller learning_rate"):
        model.fit(table)


@pytest.mark.filterwarnings("ignore:the cost became")
def test_what_cannot_be_saved_by_smaller_steps_is_given_up_with_the_last_good_model(rows):
    model = diverging(learning_rate=1e12)
    with pytest.raises(DivergedError, match="largest gradient before that step") as caught:
        model.fit(rows[0])
    assert caught.value.model is model
    assert np.isfinite(model.W_).all()
    assert np.isfinite(model.score(rows[0]))
