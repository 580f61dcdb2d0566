"""Two noisy donuts in four columns, which two units can reconstruct.

>>> points, labels = make_donuts(1000)
>>> points.shape, labels[:5]
((1000, 4), array([1, 1, 0, 1, 0]))
"""

import math
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autoenc.datasets import places
from autoenc.datasets.errors import DatasetFormatError

FILE_NAME = "donuts.csv"
COLUMNS = ("x", "y", "x + y", "x - y")
_N_BUNDLED = 1000
_RADII = np.array([1.0, 2.0])
_MAX_SEED = 2**32 - 1


class Donuts(NamedTuple):
    """Points and their labels.

    Parameters
    ----------
    points : ndarray of float32, shape (n, 4)
        One point per row, C-contiguous and writable. The range of each column is [0, 1].
    labels : ndarray of int64, shape (n,)
        Donut of each point: 0 for the inner, 1 for the outer.
    """

    points: NDArray[np.float32]
    labels: NDArray[np.int64]


def make_donuts(n_samples: int = 1000, *, noise: float = 0.1, seed: int = 0) -> Donuts:
    """Draw points from two noisy donuts, one within the other.

    Points lie around two circles about the origin: r = R + noise·ε, with ε from the standard
    normal distribution, R = 1 for the inner and 2 for the outer donut, and a uniform angle. The
    columns are x, y, x + y and x − y, so all points lie in a plane: two linear units can
    reconstruct them exactly, and two sigmoid units almost exactly. Each column is scaled to
    [0, 1], and the rows are shuffled.

    Parameters
    ----------
    n_samples : int, default 1000
        Number of points, at least 2; half of them, rounded up, belong to the inner donut.
    noise : float, default 0.1
        Standard deviation of the distance from the circle; 0 or more.
    seed : int, default 0
        Seed of the points and of their order; 0 to 2**32 − 1.

    Returns
    -------
    Donuts
        Points float32 of shape (n_samples, 4), in [0, 1]; labels int64 of
        shape (n_samples,), 0 for the inner and 1 for the outer donut.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> points, labels = make_donuts(100, noise=0, seed=1)
    >>> points.min(axis=0), points.max(axis=0)
    (array([0., 0., 0., 0.], dtype=float32), array([1., 1., 1., 1.], dtype=float32))
    """
    _check_integer(n_samples, "n_samples", 2, None)
    _check_integer(seed, "seed", 0, _MAX_SEED)
    _check_noise(noise)
    from sklearn.preprocessing import MinMaxScaler
    from sklearn.utils import shuffle

    rng = np.random.default_rng(seed)
    labels = np.arange(n_samples) % 2
    radius = _RADII[labels] + noise * rng.standard_normal(n_samples)
    angle = rng.uniform(0, 2 * np.pi, n_samples)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    points = MinMaxScaler().fit_transform(np.column_stack([x, y, x + y, x - y]))
    points, labels = shuffle(points, labels, random_state=seed)
    return Donuts(points.astype(np.float32), labels.astype(np.int64))


def load_donuts() -> Donuts:
    """Load the bundled donuts: the points of ``make_donuts()``, rounded to six decimals.

    Unlike the points that `make_donuts` draws, they are the same on every machine and with every
    version of NumPy and scikit-learn.

    Returns
    -------
    Donuts
        1,000 points of four columns, and their labels.

    Raises
    ------
    DatasetNotFoundError
        If the package was installed without the file.
    DatasetFormatError
        If the file is damaged.

    Examples
    --------
    >>> points, labels = load_donuts()
    >>> points[0], int(labels[0])
    (array([0.844423, 0.210328, 0.557682, 0.954849], dtype=float32), 1)
    """
    path = places.bundled_file(FILE_NAME)
    try:
        table = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
        if table.shape != (_N_BUNDLED, len(COLUMNS) + 1):
            raise ValueError(f"its numbers have shape {table.shape}")
        points, labels = table[:, :-1], table[:, -1]
        # This form of the comparison is false for NaN.
        if not (np.all((points >= 0) & (points <= 1)) and np.isin(labels, (0, 1)).all()):
            raise ValueError("some value is out of its range")
    except ValueError as error:
        raise DatasetFormatError(
            f"{path}: damaged ({error}); expected {_N_BUNDLED} rows of four values in "
            "[0, 1] and a label, 0 or 1. Install autoenc again."
        ) from error
    return Donuts(points.astype(np.float32, order="C"), labels.astype(np.int64))


def _check_integer(value: Any, name: str, least: int, most: int | None) -> None:
    integral = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not (integral and least <= value and (most is None or value <= most)):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {value!r}; expected an integer {bounds}.")


def _check_noise(noise: Any) -> None:
    number = isinstance(noise, Real) and not isinstance(noise, bool)
    if not (number and 0 <= noise < math.inf):
        raise ValueError(f"noise is {noise!r}; expected a number of at least 0, such as 0.1.")
