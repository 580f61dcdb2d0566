"""The training loop and what it is made of. It knows no model."""

from autoenc.training.loop import Callback, DivergedError, Record, train

__all__ = ["Callback", "DivergedError", "Record", "train"]
