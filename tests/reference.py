"""The tied autoencoder in plain NumPy: the oracle of the symbolic code.

Nothing is shared with what it checks: the gradients are derived by hand, and every
function works in whatever precision it is given. Of rows x, with parameters W, b, c:

    a = x·W + b        y = s(a)         the code
    o = y·Wᵀ + c       z = t(o)         the reconstruction
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy


class Parameters(NamedTuple):
    """What is learned, or anything of the same shapes: gradients, velocities."""

    W: np.ndarray  # (n_visible, n_hidden)
    hidden_bias: np.ndarray  # (n_hidden,)
    visible_bias: np.ndarray  # (n_visible,)


class Forward(NamedTuple):
    """All that a forward pass computes."""

    a: np.ndarray
    code: np.ndarray
    o: np.ndarray
    reconstruction: np.ndarray


def sigmoid(a):
    # Of the two equal forms the one whose exponential cannot overflow.
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1 / (1 + e), e / (1 + e))


def softplus(a):
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


ACTIVATIONS = {
    "linear": lambda a: a,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": sigmoid,
    "softplus": softplus,
    "tanh": np.tanh,
}

SLOPES = {
    "linear": np.ones_like,
    "relu": lambda a: (a > 0).astype(a.dtype),
    "sigmoid": lambda a: sigmoid(a) * sigmoid(-a),
    "softplus": sigmoid,
    "tanh": lambda a: 1 - np.tanh(a) ** 2,
}


def forward(params, x, activation="sigmoid", output="sigmoid"):
    a = x @ params.W + params.hidden_bias
    code = ACTIVATIONS[activation](a)
    o = code @ params.W.T + params.visible_bias
    return Forward(a, code, o, ACTIVATIONS[output](o))


def cross_entropy(x, z):
    """−Σ [x·log z + (1 − x)·log(1 − z)] of each row."""
    return -(x * np.log(z) + (1 - x) * np.log(1 - z)).sum(axis=1)


def cross_entropy_from_logits(x, o):
    """The same for z = sigmoid(o): log z = −softplus(−o), log(1 − z) = −softplus(o)."""
    return (x * softplus(-o) + (1 - x) * softplus(o)).sum(axis=1)


def bernoulli_entropy(x):
    """−Σ [x·log x + (1 − x)·log(1 − x)] of each row, where 0·log 0 is 0."""
    return -(xlogy(x, x) + xlogy(1 - x, 1 - x)).sum(axis=1)


def bernoulli_deviance(x, z):
    """Cross-entropy of x and z minus the entropy of x, for each row."""
    return -(xlogy(x, z) + xlogy(1 - x, 1 - z)).sum(axis=1) - bernoulli_entropy(x)


def squared_error(x, z):
    """Mean of (x − z)² over the features of each row."""
    return ((x - z) ** 2).sum(axis=1) / x.shape[1]


def costs(params, x, corrupted=None, *, cost="cross_entropy", **activations):
    """Cost of each row, of which `corrupted` is encoded in place of x."""
    pass_ = forward(params, x if corrupted is None else corrupted, **activations)
    if cost == "squared_error":
        return squared_error(x, pass_.reconstruction)
    if activations.get("output", "sigmoid") == "sigmoid":
        return cross_entropy_from_logits(x, pass_.o)
    return cross_entropy(x, pass_.reconstruction)


def gradients(
    params, x, corrupted=None, *, cost="cross_entropy", activation="sigmoid", output="sigmoid"
):
    """Gradients of the mean cost over rows, by hand.

    With G = ∂cost/∂o and H = ∂cost/∂a = (G·W) ∘ s'(a), W gets a share from the encoder
    and a share from the decoder:

        ∂cost/∂W = x̃ᵀ·H + Gᵀ·y,    ∂cost/∂b = Σ H,    ∂cost/∂c = Σ G.
    """
    corrupted = x if corrupted is None else corrupted
    a, y, o, z = forward(params, corrupted, activation, output)
    G = _output_gradient(x, o, z, cost, output) / len(x)
    H = (G @ params.W) * SLOPES[activation](a)
    return Parameters(corrupted.T @ H + G.T @ y, H.sum(axis=0), G.sum(axis=0))


def _output_gradient(x, o, z, cost, output):
    """∂cost/∂o of each row."""
    if cost == "squared_error":
        return 2 * (z - x) / x.shape[1] * SLOPES[output](o)
    if output == "sigmoid":
        return z - x
    return (z - x) / (z * (1 - z)) * SLOPES[output](o)


def sgd_step(params, grads, learning_rate):
    """p ← p − η·g."""
    return Parameters(*(p - learning_rate * g for p, g in zip(params, grads, strict=True)))


def momentum_step(params, velocities, grads, learning_rate, momentum):
    """v ← μ·v − η·g, p ← p + v; both are returned."""
    velocities = Parameters(
        *(momentum * v - learning_rate * g for v, g in zip(velocities, grads, strict=True))
    )
    return Parameters(*(p + v for p, v in zip(params, velocities, strict=True))), velocities


def minibatches(data, batch_size) -> Iterator[np.ndarray]:
    """Rows in file order; the last minibatch may be shorter."""
    for first in range(0, len(data), batch_size):
        yield data[first : first + batch_size]


def train_reference(
    params,
    data,
    *,
    batch_size,
    n_epochs,
    learning_rate,
    momentum=0.0,
    l2=0.0,
    cost="cross_entropy",
    corrupt=None,
    **activations,
):
    """Train on minibatches in file order.

    The penalty l2·ΣW² is in the gradient, as 2·l2·W, but not in the costs. `corrupt` is
    called with each minibatch; without momentum the step is that of `sgd_step`.

    Returns
    -------
    params : Parameters
    costs : array, (epochs · minibatches,)
        The mean cost of each minibatch, before its update.
    """
    velocities = Parameters(*map(np.zeros_like, params))
    reported = []
    for _ in range(n_epochs):
        for x in minibatches(data, batch_size):
            corrupted = x if corrupt is None else corrupt(x)
            reported.append(costs(params, x, corrupted, cost=cost, **activations).mean())
            grads = gradients(params, x, corrupted, cost=cost, **activations)
            grads = grads._replace(W=grads.W + 2 * l2 * params.W)
            params, velocities = momentum_step(params, velocities, grads, learning_rate, momentum)
    return params, np.array(reported)


class DeepLayer(NamedTuple):
    """One layer of a deep autoencoder, or its gradients; without W_prime the weights are tied."""

    W: np.ndarray  # (n_visible, n_hidden)
    hidden_bias: np.ndarray  # (n_hidden,)
    visible_bias: np.ndarray  # (n_visible,)
    W_prime: np.ndarray | None = None  # (n_hidden, n_visible)

    @property
    def decoder(self):
        return self.W.T if self.W_prime is None else self.W_prime


def deep_forward(layers, x, activations, outputs):
    """All values of an unrolled network, from the input upwards and back.

    Returns
    -------
    a, h : lists
        Of layer k: a[k] = h[k]·W + b and h[k + 1] = s(a[k]), with h[0] = x.
    o, r : lists
        Of layer k: o[k] = r[k + 1]·V + c and r[k] = t(o[k]), with r[-1] the code.
    """
    a, h = [], [x]
    for layer, activation in zip(layers, activations, strict=True):
        a.append(h[-1] @ layer.W + layer.hidden_bias)
        h.append(ACTIVATIONS[activation](a[-1]))
    o, r = [], [h[-1]]
    for layer, output in zip(layers[::-1], outputs[::-1], strict=True):
        o.insert(0, r[0] @ layer.decoder + layer.visible_bias)
        r.insert(0, ACTIVATIONS[output](o[0]))
    return a, h, o, r


def deep_costs(layers, x, corrupted=None, *, cost, activations, outputs):
    """Cost of each row, of which `corrupted` is encoded in place of x."""
    _, _, o, r = deep_forward(layers, x if corrupted is None else corrupted, activations, outputs)
    if cost == "squared_error":
        return squared_error(x, r[0])
    return cross_entropy_from_logits(x, o[0])


def deep_gradients(layers, x, corrupted=None, *, cost, activations, outputs):
    """Gradients of the mean cost over rows by hand: back down the decoders, then the encoders."""
    corrupted = x if corrupted is None else corrupted
    a, h, o, r = deep_forward(layers, corrupted, activations, outputs)
    G = _output_gradient(x, o[0], r[0], cost, outputs[0]) / len(x)
    of_decoders, n = [], len(layers)
    for k, layer in enumerate(layers):
        of_decoders.append((r[k + 1].T @ G, G.sum(axis=0)))
        G = G @ layer.decoder.T
        if k + 1 < n:
            G = G * SLOPES[outputs[k + 1]](o[k + 1])
    found = []
    for k in range(n - 1, -1, -1):
        H = G * SLOPES[activations[k]](a[k])
        own, (of_decoder, of_bias) = h[k].T @ H, of_decoders[k]
        tied = layers[k].W_prime is None
        found.insert(
            0,
            DeepLayer(own + of_decoder.T if tied else own, H.sum(axis=0), of_bias,
                      None if tied else of_decoder),
        )  # fmt: skip
        G = H @ layers[k].W.T
    return found
