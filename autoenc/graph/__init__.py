"""Symbolic pieces of an autoencoder. They work in any PyTensor graph.

>>> import numpy as np, pytensor, pytensor.tensor as pt
>>> x = pt.matrix("x")
>>> layer = AutoEncoderLayer(4, 2, rng=np.random.default_rng(0))
>>> cost = layer.cross_entropy(x, corrupted=masking(x, 0.3, symbolic_generator(1))).mean()
>>> updates = sgd(cost, layer.params, learning_rate=0.1)
>>> step = pytensor.function([x], cost, updates=updates | random_updates(cost))
>>> step(np.eye(4, dtype="float32")).shape
()
"""

from autoenc.graph.activations import ACTIVATIONS, linear, relu, resolve_activation
from autoenc.graph.corruption import masking
from autoenc.graph.costs import cross_entropy, cross_entropy_from_logits, squared_error
from autoenc.graph.initializers import gaussian_weights, uniform_weights
from autoenc.graph.layers import AutoEncoderLayer
from autoenc.graph.random import random_updates, symbolic_generator
from autoenc.graph.types import Activation, Expression, Parameter, Updates
from autoenc.graph.updates import momentum, sgd

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "AutoEncoderLayer",
    "Expression",
    "Parameter",
    "Updates",
    "cross_entropy",
    "cross_entropy_from_logits",
    "gaussian_weights",
    "linear",
    "masking",
    "momentum",
    "random_updates",
    "relu",
    "resolve_activation",
    "sgd",
    "squared_error",
    "symbolic_generator",
    "uniform_weights",
]
