"""Read filters, parameters and rates from a model of any class."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from autoenc.models.fitted import FittedModel
from autoenc.models.fitted_classifiers import FittedClassifier
from autoenc.plotting.tiles import ImageShape, square_side
from autoenc.training import Record, Training

Array: TypeAlias = np.ndarray[Any, Any]


# Names of the weights of the lowest layer: of an autoencoder, a stack and a classifier.
FIRST_WEIGHTS = ("W", "layer_1.W", "weights_1")


def require_model(training: Training, watcher: object) -> Any:
    """Return the model of a training run.

    Raises
    ------
    ValueError
        If there is only a graph.
    """
    model = training.model
    if model is None:
        raise ValueError(
            f"{type(watcher).__name__} needs an estimator, but only a graph is trained; pass it "
            "to an estimator's fit, or give train a model=."
        )
    return model


def require_file(training: Training, watcher: object) -> Any:
    """Return the model of a training run, of which a file can be written at any time.

    Raises
    ------
    ValueError
        If there is only a graph, or if the model is completed after training.
    """
    model = require_model(training, watcher)
    if not can_be_saved(model):
        raise ValueError(
            f"{type(watcher).__name__} saves the model during training, but "
            f"{type(model).__name__} is calibrated after it; save the estimator after fit."
        )
    return model


def can_be_saved(model: Any) -> bool:
    """Return whether a file of the model can be written during training."""
    fitted = getattr(model, "model_", None)
    return not isinstance(fitted, FittedModel) or fitted.is_complete


def filters_of(model: Any) -> Array:
    """Return the weights of the first layer with one unit per row, (n_hidden, n_visible).

    Raises
    ------
    TypeError
        If the model has no known filters.
    """
    W = _first_weights(model)
    if W is None:
        raise TypeError(
            f"{type(model).__name__} has no filters to draw; expected an estimator with W_, or "
            "with weights_, a list of them."
        )
    return W.T


def filter_images(model: Any, image_shape: ImageShape | None) -> Array | None:
    """Return the filters if they are images, according to `image_shape` or if they are square."""
    W = _first_weights(model)
    if W is None or (image_shape is None and square_side(len(W)) is None):
        return None
    return W.T


def _first_weights(model: Any) -> Array | None:
    arrays = parameters_of(model)
    return next((arrays[name] for name in FIRST_WEIGHTS if name in arrays), None)


def parameters_of(model: Any) -> dict[str, Array]:
    """Return the fitted floating-point arrays by name, without those that describe the data.

    In models of other libraries, attributes that end in an underscore count as fitted.
    """
    fitted = getattr(model, "model_", None)
    found: dict[str, Any] = {n.removesuffix("_"): a for n, a in _public(model).items()}
    if isinstance(fitted, FittedClassifier):
        found = {"weights": fitted.weights, "biases": fitted.biases}
        found |= {n: a for n, a in fitted.arrays.items() if n in ("mean", "scale")}
    elif isinstance(fitted, FittedModel):
        found = dict(fitted.model_arrays())
    lists = {
        f"{name}_{k}": item
        for name, value in found.items()
        if isinstance(value, list)
        for k, item in enumerate(value, start=1)
    }
    return {
        name: value
        for name, value in {**found, **lists}.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size
    }


def _public(model: Any) -> dict[str, Any]:
    """Return the public attributes whose names end in an underscore."""
    own = getattr(model, "__dict__", {})
    return {n: v for n, v in own.items() if n.endswith("_") and not n.startswith(("_", "data_"))}


class Measures:
    """Numbers of the epochs of a training run, each of which is kept until it is written.

    Parameters
    ----------
    training : Training
        The training in progress. The epochs in its history have been written.
    """

    def __init__(self, training: Training) -> None:
        self._n_seen = len(training.history)
        self._waiting: deque[tuple[int, dict[str, float]]] = deque()

    def collect(self, training: Training) -> None:
        """Take the numbers of new epochs, and the learning rate of the last, if it is known."""
        new = [
            (record["epoch"], measures_of(record)) for record in training.history[self._n_seen :]
        ]
        rate = learning_rate_of(training) if new else None
        if rate is not None:
            new[-1][1]["learning_rate"] = rate
        self._n_seen = len(training.history)
        self._waiting.extend(new)

    def write(self, write: Callable[[int, dict[str, float]], None]) -> None:
        """Write the numbers of each epoch; after an error, the rest waits for the next call."""
        while self._waiting:
            write(*self._waiting[0])
            self._waiting.popleft()


def measures_of(record: Record) -> dict[str, float]:
    """Return the numbers of an epoch's record by name, except the number of the epoch."""
    return {
        name: float(value)
        for name, value in record.items()
        if name != "epoch" and _is_number(value)
    }


def learning_rate_of(training: Training) -> float | None:
    """Compute the learning rate of the last step; return None if the model has none."""
    model = training.model
    if not hasattr(model, "get_params"):
        return None
    settings = model.get_params(deep=False)
    # A model may have chosen a rate for "auto".
    rate = getattr(model, "learning_rate_", None) or settings.get("learning_rate")
    if callable(rate):
        rate = _rate_at(rate, _last_step(model, training))
    if not _is_number(rate):
        return None
    decay = _decay_of(model, settings, training)
    halved = sum(record.get("halved", 0) for record in training.history)
    return float(rate * decay / 2**halved)


def _last_step(model: Any, training: Training) -> int:
    """Return the number of the last step. Like schedules, count from 0, over earlier fits, too."""
    fitted = getattr(model, "model_", None)
    if isinstance(fitted, FittedModel) and "step" in fitted.state_names:
        return int(fitted.optimizer_state[fitted.state_names.index("step")]) - 1
    return max(0, training.iteration - 1)


def _decay_of(model: Any, settings: Mapping[str, Any], training: Training) -> float:
    """Return the factor by which the learning rate has decayed."""
    chosen: float | None = getattr(model, "chosen_", {}).get("learning_rate_decay")
    if chosen is not None:  # for the epochs of this fit
        return chosen ** (training.epoch - 1)
    epochs = [record["epoch"] for record in getattr(model, "history_", [])]
    done: int = max([training.epoch, *epochs]) - 1
    decay: float = settings.get("learning_rate_decay", 1.0)
    return decay**done


def _rate_at(schedule: Any, step: int) -> float:
    from pytensor import tensor as pt

    rate = pt.as_tensor_variable(schedule(pt.constant(step, dtype="int32")))
    # Compiling such a small expression would take longer than evaluating it.
    return float(rate.eval(mode="FAST_COMPILE"))


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real)
