"""The scikit-learn face of autoenc."""

from autoenc.estimators.autoencoder import AutoEncoder
from autoenc.estimators.denoising import DenoisingAutoEncoder

__all__ = ["AutoEncoder", "DenoisingAutoEncoder"]
