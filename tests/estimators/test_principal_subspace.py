"""Linear units and squared error span the space of the first principal components.

P. Baldi, K. Hornik (1989). Neural networks and principal component analysis: learning from
examples without local minima. Neural Networks 2.
"""

import numpy as np
import pytensor
import pytensor.tensor as pt
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from autoenc import AutoEncoder
from autoenc.datasets import load_digits, load_donuts
from autoenc.graph import AutoEncoderLayer, gaussian_weights, momentum
from autoenc.training import train


def largest_angle(W, X, k):
    """Degrees between the columns of W and the first k principal components of X."""
    return np.degrees(subspace_angles(W, PCA(k).fit(X).components_.T)).max()


def test_digits_through_the_estimator():
    X = load_digits().images
    X = X - X.mean(axis=0)
    model = AutoEncoder(
        5,
        activation="linear",
        output="linear",
        cost="squared_error",
        learning_rate=1.0,
        momentum=0.9,
        batch_size=len(X),
        n_epochs=1500,
        random_state=0,
        verbose=False,
    ).fit(X)
    assert largest_angle(model.W_, X, 5) < 1
    assert largest_angle(model.W_, X[:, ::-1], 5) > 10


def test_donuts_through_the_graph():
    X = load_donuts().points
    X = X - X.mean(axis=0)
    # Small weights: the donuts lie in a plane, and a unit that begins far outside of it is
    # held back by what it would add to the reconstruction there.
    W = pytensor.shared(gaussian_weights(np.random.default_rng(0), 4, 2), name="W")
    layer = AutoEncoderLayer(4, 2, rng=None, activation="linear", output="linear", W=W)
    x = pt.matrix("x")
    cost = layer.squared_error(x).mean()
    train(
        cost,
        momentum(cost, layer.params, 0.5, 0.9),
        inputs=[x],
        data=X,
        batch_size=len(X),
        n_epochs=2000,
        progress=False,
    )
    assert largest_angle(W.get_value(), X, 2) < 1
