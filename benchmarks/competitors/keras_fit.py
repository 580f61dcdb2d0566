"""Keras 3 with its `fit`, and a custom layer, because tied weights require one."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from benchmarks import work
from benchmarks.worker import Task, Turns

# Minibatches between calls of the callbacks; Keras' guides use a multiple of 32.
STEPS_PER_EXECUTION = 32


class TiedAutoEncoder(keras.Model):
    """Tied autoencoder that returns the pre-activation of the output."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.corruption = work.corruption(task)
        self.noise = keras.random.SeedGenerator(work.NOISE_SEED)
        values = dict(zip(("W", "hidden_bias", "visible_bias"), work.start(task), strict=True))
        for name, value in values.items():
            variable = self.add_weight(shape=value.shape, name=name)
            variable.assign(value)
            setattr(self, name, variable)

    def call(self, x: Any, training: bool = False) -> Any:
        """Encode and decode."""
        if training and self.corruption:
            draw = keras.random.uniform(ops.shape(x), seed=self.noise)
            x = x * ops.cast(draw >= self.corruption, x.dtype)
        code = ops.sigmoid(ops.matmul(x, self.W) + self.hidden_bias)
        return ops.matmul(code, ops.transpose(self.W)) + self.visible_bias


class WaitForTurns(keras.callbacks.Callback):
    """Callback that waits before every epoch until the driver requests it."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self.turns = turns

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Answer, and wait for the next command."""
        self.turns.end(float(logs["loss"]))
        self.model.stop_training = not self.turns.begin()


def cross_entropy(x: Any, activation: Any) -> Any:
    """Cross-entropy of each row; Keras takes the mean over rows."""
    return ops.sum(ops.binary_crossentropy(x, activation, from_logits=True), axis=-1)


def main(task: Task) -> None:
    """Train on command. `fit` owns the loop, so a callback waits for the commands."""
    rows = work.rows(task)
    model = TiedAutoEncoder(task)
    model.compile(
        optimizer=keras.optimizers.SGD(work.LEARNING_RATE),
        loss=cross_entropy,
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    turns = Turns()
    turns.ready({"Keras": keras.__version__})
    if turns.begin():
        model.fit(
            rows,
            rows,
            batch_size=task.batch_size,
            epochs=task.n_epochs,
            shuffle=False,
            verbose=0,
            callbacks=[WaitForTurns(turns)],
        )


if __name__ == "__main__":
    main(Task.from_command_line())
