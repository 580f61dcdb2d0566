"""Convolutions of volumes under older names, compared with sums entry by entry."""

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose
from pytensor import grad
from pytensor.gradient import verify_grad
from scipy.signal import convolve

from autoenc.theano.ops.volumes import conv3D, conv3d, convGrad3D, convTransp3D
from tests.theano.quick import function

RNG = np.random.default_rng(0)


def padded(array, length, axis, mode):
    """Pad one axis for a filter of a length; SciPy's valid part is then the mode's."""
    n = {"valid": 0, "full": length - 1, "half": length // 2}[mode]
    pads = [(0, 0)] * array.ndim
    pads[axis] = (n, n)
    return np.pad(array, pads)


@pytest.mark.parametrize(
    "modes",
    ["valid", "full", "half"]
    + [(time, plane, plane) for time in ("valid", "full", "half") for plane in ("valid", "full")]
    + [("valid", "half", "half"), ["full", "half", "half"]],
    ids=str,
)
@pytest.mark.parametrize("known", [False, True])
def test_sequences_of_images_are_convolved(modes, known):
    signals, filters = RNG.normal(size=(2, 6, 3, 5, 7)), RNG.normal(size=(4, 3, 3, 2, 4))
    shapes = (signals.shape, filters.shape) if known else ()
    x, w = pt.TensorType("float64", (None,) * 5)(), pt.TensorType("float64", (None,) * 5)()
    out = function([x, w], conv3d(x, w, *shapes, border_mode=modes))(signals, filters)
    whole = signals
    each = (modes,) * 3 if isinstance(modes, str) else modes
    for axis, mode in zip((1, 3, 4), each, strict=True):
        whole = padded(whole, filters.shape[axis], axis, mode)
    expected = [
        [sum(convolve(s[:, c], f[:, c], "valid") for c in range(3)) for f in filters]
        for s in whole
    ]
    assert_allclose(out, np.moveaxis(np.array(expected), 1, 2), atol=1e-12)


def test_gradients_of_sequences_are_finite_differences():
    arrays = [RNG.normal(size=(1, 3, 2, 3, 3)), RNG.normal(size=(2, 2, 2, 2, 2))]
    verify_grad(
        lambda x, w: conv3d(x, w, border_mode=("full", "valid", "valid")),
        arrays,
        rng=RNG,
        mode="CVM",
    )


@pytest.mark.parametrize(
    ("modes", "error", "message"),
    [
        (("valid", "full", "valid"), NotImplementedError, "height and width bordermodes"),
        ("same", ValueError, "invalid border mode"),
        (("same", "valid", "valid"), ValueError, "invalid border mode"),
    ],
)
def test_impossible_modes_are_refused(modes, error, message):
    x = pt.TensorType("float64", (None,) * 5)()
    with pytest.raises(error, match=message):
        conv3d(x, x, border_mode=modes)


STEPS = (2, 1, 3)
VOLUMES, FILTERS = RNG.normal(size=(2, 5, 4, 8, 3)), RNG.normal(size=(4, 3, 2, 2, 3))
TOP = (2, 2, 3, 3, 4)


def correlated(volumes, filters, steps):
    """Correlate entry by entry."""
    out = [
        (n - k) // s + 1
        for n, k, s in zip(volumes.shape[1:4], filters.shape[1:4], steps, strict=True)
    ]
    result = np.zeros((len(volumes), *out, len(filters)))
    for index in np.ndindex(*out):
        place = tuple(
            slice(i * s, i * s + k)
            for i, s, k in zip(index, steps, filters.shape[1:4], strict=True)
        )
        result[:, *index] = np.einsum("nijkc,fijkc->nf", volumes[:, *place], filters)
    return result


def arrays():
    return [pt.TensorType("float64", (None,) * 5)() for _ in range(3)]


@pytest.mark.parametrize("steps", [STEPS, (1, 1, 1)])
def test_volumes_are_correlated(steps):
    v, w, _ = arrays()
    bias = RNG.normal(size=4)
    out = function([v, w], conv3D(v, w, bias, steps))(VOLUMES, FILTERS)
    assert_allclose(out, correlated(VOLUMES, FILTERS, steps) + bias, atol=1e-12)


@pytest.mark.parametrize("as_constant", [False, True])
def test_gradients_with_respect_to_filters(as_constant):
    v, w, h = arrays()
    steps = pt.constant(STEPS) if as_constant else STEPS
    direct = convGrad3D(v, steps, w.shape, h)
    expected = grad(None, w, known_grads={conv3D(v, w, np.zeros(4), STEPS): h})
    f = function([v, w, h], [direct, expected])
    given = RNG.normal(size=TOP)
    gradient, by_graph = f(VOLUMES, FILTERS, given)
    assert gradient.shape == FILTERS.shape
    assert_allclose(gradient, by_graph, atol=1e-12)
    # The gradient of a function that is linear in the filters is its adjoint.
    total = (correlated(VOLUMES, FILTERS, STEPS) * given).sum()
    assert_allclose((gradient * FILTERS).sum(), total)


@pytest.mark.parametrize("lengths", [None, (5, 4, 8), (6, 4, 10)])
def test_the_transpose_reconstructs_volumes(lengths):
    w, h, _ = arrays()
    bias = RNG.normal(size=3)
    given = RNG.normal(size=TOP)
    f = function([w, h], convTransp3D(w, bias, STEPS, h, lengths))
    volumes = f(FILTERS, given)
    # The smallest volumes with such an output: (2 - 1) 2 + 3, (3 - 1) 1 + 2, (3 - 1) 3 + 2.
    assert volumes.shape == (2, *(lengths or (5, 4, 8)), 3)
    others = RNG.normal(size=volumes.shape)
    total = (correlated(others, FILTERS, STEPS) * given).sum()
    assert_allclose(((volumes - bias) * others).sum(), total)
