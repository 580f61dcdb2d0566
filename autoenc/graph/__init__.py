"""Building blocks of autoencoders, for any PyTensor graph.

>>> import numpy as np, pytensor, pytensor.tensor as pt
>>> x = pt.matrix("x")
>>> layer = AutoEncoderLayer(4, 2, rng=np.random.default_rng(0))
>>> cost = layer.cross_entropy(x, corrupted=masking(x, 0.3, symbolic_generator(1))).mean()
>>> updates = sgd(cost, layer.params, learning_rate=0.1)
>>> step = pytensor.function([x], cost, updates=updates | random_updates(cost))
>>> step(np.eye(4, dtype="float32")).shape
()
"""

from autoenc.graph.activations import ACTIVATIONS, Clipped, linear, relu, resolve_activation
from autoenc.graph.blind_spots import BlindSpotLayer, blind_spot_arrays
from autoenc.graph.classifier_layers import (
    DenseLayer,
    NormalisedLayer,
    NormalisedSoftmaxLayer,
    SoftmaxLayer,
)
from autoenc.graph.corruption import CORRUPTIONS, corrupt, gaussian, masking, salt_and_pepper
from autoenc.graph.costs import (
    bernoulli_deviance,
    bernoulli_deviance_from_logits,
    bernoulli_entropy,
    cross_entropy,
    cross_entropy_from_logits,
    negative_log_likelihood,
    negative_log_likelihood_from_logits,
    squared_error,
    zero_one_loss,
)
from autoenc.graph.data import minibatch, n_minibatches, shared_dataset
from autoenc.graph.groups import Groups
from autoenc.graph.initializers import gaussian_weights, uniform_weights
from autoenc.graph.layers import AutoEncoderLayer
from autoenc.graph.networks import Network
from autoenc.graph.penalties import contractive, kl_sparsity, l1, l2
from autoenc.graph.random import random_updates, symbolic_generator
from autoenc.graph.types import (
    Activation,
    Expression,
    LearningRate,
    Parameter,
    Schedule,
    UpdateRule,
    Updates,
)
from autoenc.graph.unrolled import UnrolledLayers
from autoenc.graph.updates import (
    OPTIMIZERS,
    adadelta,
    adagrad,
    adam,
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    linear_warmup,
    momentum,
    nesterov,
    resolve_optimizer,
    rmsprop,
    sgd,
    step_decay,
)

__all__ = [
    "ACTIVATIONS",
    "CORRUPTIONS",
    "OPTIMIZERS",
    "Activation",
    "AutoEncoderLayer",
    "BlindSpotLayer",
    "Clipped",
    "DenseLayer",
    "Expression",
    "Groups",
    "LearningRate",
    "Network",
    "NormalisedLayer",
    "NormalisedSoftmaxLayer",
    "Parameter",
    "Schedule",
    "SoftmaxLayer",
    "UnrolledLayers",
    "UpdateRule",
    "Updates",
    "adadelta",
    "adagrad",
    "adam",
    "bernoulli_deviance",
    "bernoulli_deviance_from_logits",
    "bernoulli_entropy",
    "blind_spot_arrays",
    "contractive",
    "corrupt",
    "cross_entropy",
    "cross_entropy_from_logits",
    "exponential_decay",
    "gaussian",
    "gaussian_weights",
    "inverse_time_decay",
    "kl_sparsity",
    "l1",
    "l2",
    "linear",
    "linear_decay",
    "linear_warmup",
    "masking",
    "minibatch",
    "momentum",
    "n_minibatches",
    "negative_log_likelihood",
    "negative_log_likelihood_from_logits",
    "nesterov",
    "random_updates",
    "relu",
    "resolve_activation",
    "resolve_optimizer",
    "rmsprop",
    "salt_and_pepper",
    "sgd",
    "shared_dataset",
    "squared_error",
    "step_decay",
    "symbolic_generator",
    "uniform_weights",
    "zero_one_loss",
]
