"""Estimators with the interface of scikit-learn."""

from autoenc.estimators.autoencoders import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators.classifiers import PerceptronClassifier, SoftmaxClassifier
from autoenc.estimators.detector import AutoEncoderDetector
from autoenc.estimators.many import fit_many
from autoenc.estimators.pretrained import DeepAutoEncoder, StackedDenoisingClassifier
from autoenc.estimators.stacks import StackedDenoisingAutoEncoder

__all__ = [
    "AutoEncoder",
    "AutoEncoderDetector",
    "DeepAutoEncoder",
    "DenoisingAutoEncoder",
    "PerceptronClassifier",
    "SoftmaxClassifier",
    "StackedDenoisingAutoEncoder",
    "StackedDenoisingClassifier",
    "fit_many",
]
