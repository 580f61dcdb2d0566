"""The scikit-learn face of autoenc."""

from autoenc.estimators.autoencoder import AutoEncoder
from autoenc.estimators.classifiers import PerceptronClassifier, SoftmaxClassifier
from autoenc.estimators.denoising import DenoisingAutoEncoder
from autoenc.estimators.stacked_classifier import StackedDenoisingClassifier
from autoenc.estimators.stacks import StackedDenoisingAutoEncoder

__all__ = [
    "AutoEncoder",
    "DenoisingAutoEncoder",
    "PerceptronClassifier",
    "SoftmaxClassifier",
    "StackedDenoisingAutoEncoder",
    "StackedDenoisingClassifier",
]
