"""The training loop and what it is made of. It knows no model."""

from autoenc.training.loop import Callback, Record, train

__all__ = ["Callback", "Record", "train"]
