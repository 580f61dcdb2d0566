"""The training loop and what it is made of. It knows no model."""

from autoenc.training.callbacks import Callback, Record, Training
from autoenc.training.early_stopping import EarlyStopping, EpochPatience, GeometricPatience
from autoenc.training.loop import train
from autoenc.training.run import DivergedError

__all__ = [
    "Callback",
    "DivergedError",
    "EarlyStopping",
    "EpochPatience",
    "GeometricPatience",
    "Record",
    "Training",
    "train",
]
