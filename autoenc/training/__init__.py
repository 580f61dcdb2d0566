"""The training loop and what it is made of. It knows no model."""

from autoenc.training.early_stopping import EarlyStopping, EpochPatience, GeometricPatience
from autoenc.training.loop import Callback, DivergedError, Record, train

__all__ = [
    "Callback",
    "DivergedError",
    "EarlyStopping",
    "EpochPatience",
    "GeometricPatience",
    "Record",
    "train",
]
