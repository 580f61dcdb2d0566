"""The training loop and its parts. They do not depend on any model."""

from autoenc.training.callbacks import Callback, Record, Training
from autoenc.training.checkpoints import CheckpointError
from autoenc.training.divergence import DivergedError
from autoenc.training.early_stopping import EarlyStopping, EpochPatience, GeometricPatience
from autoenc.training.every import Every
from autoenc.training.loop import train

__all__ = [
    "Callback",
    "CheckpointError",
    "DivergedError",
    "EarlyStopping",
    "EpochPatience",
    "Every",
    "GeometricPatience",
    "Record",
    "Training",
    "train",
]
