"""Range, moments and finiteness of rows, computed in one pass and stored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from autoenc.sources.manifest import Manifest
from autoenc.sources.reader import Array, SourceError
from autoenc.sources.source import Source

# Number of bytes of rows that are summarised together, so that they stay in a core's cache.
BYTES_AT_A_TIME = 1 << 20
# Summarising smaller sources again takes less time than writing a manifest.
REMEMBERED_BYTES = 16 << 20


@dataclass(frozen=True, eq=False)
class Summary:
    """Range, moments and finiteness of the columns of a source.

    Parameters
    ----------
    n_observed : int array, (columns,)
        Number of finite values.
    minimum, maximum : float64 array, (columns,)
        Range of the values that are not NaN; NaN if there are none.
    mean, variance : float64 array, (columns,)
        Moments of the finite values; the variance is divided by n, not by n − 1.
    n_nan, n_infinite : int
        Numbers of NaN and of infinite values.
    first_nan, first_infinite : tuple of int, or None
        Row and column of the first such value.
    """

    n_observed: Array
    minimum: Array
    maximum: Array
    mean: Array
    variance: Array
    n_nan: int = 0
    n_infinite: int = 0
    first_nan: tuple[int, int] | None = None
    first_infinite: tuple[int, int] | None = None

    @property
    def is_finite(self) -> bool:
        """Whether there is neither NaN nor infinity."""
        return not (self.n_nan or self.n_infinite)

    def joined(self, other: Summary) -> Summary:
        """Return the summary of these rows and others.

        Moments are joined as by Chan, Golub and LeVeque (1979), "Updating formulae and a
        pairwise algorithm for computing sample variances".

        Parameters
        ----------
        other : Summary
            Summary of the other rows, which come after these.

        Returns
        -------
        Summary
            The summary of all rows.
        """
        n = self.n_observed + other.n_observed
        share = other.n_observed / np.maximum(n, 1)
        difference = other.mean - self.mean
        return Summary(
            n_observed=n,
            minimum=np.fmin(self.minimum, other.minimum),
            maximum=np.fmax(self.maximum, other.maximum),
            mean=self.mean + difference * share,
            variance=(1 - share) * self.variance
            + share * other.variance
            + share * (1 - share) * difference**2,
            n_nan=self.n_nan + other.n_nan,
            n_infinite=self.n_infinite + other.n_infinite,
            first_nan=self.first_nan or other.first_nan,
            first_infinite=self.first_infinite or other.first_infinite,
        )


def summarize(source: Source) -> Summary:
    """Compute range, moments and finiteness of all rows in one pass.

    If processes read a source together, each reads some of its rows, unless the first process has
    a stored summary. Summaries of large files are stored in the user's cache folder. They are used
    as long as sizes, times and a sample of rows are the same.

    Parameters
    ----------
    source : Source
        The rows, (rows, columns).

    Returns
    -------
    Summary
        The summary of all rows.

    Raises
    ------
    SourceError
        If there are no values.
    """
    if source.nbytes < REMEMBERED_BYTES:
        return summarize_rows(source)
    manifest = Manifest(source)
    known = source.processes.from_first(manifest.recall)
    if known is not None:
        return _from_arrays(known)
    found = summarize_rows(source)
    manifest.remember(_as_arrays(found))
    return found


def summarize_rows(source: Source) -> Summary:
    """Compute range, moments and finiteness of all rows, without the manifest."""
    if not source.size:
        raise SourceError(f"{source.name} has shape {source.shape}, and no values.")
    found: Summary | None = None
    seen = 0
    for part in source.parts():
        rows = part.reshape(len(part), -1)
        n = max(BYTES_AT_A_TIME // max(rows.shape[1] * rows.itemsize, 1), 1)
        for first in range(0, len(rows), n):
            with np.errstate(over="ignore", invalid="ignore"):  # moments of huge values overflow
                few = _of_part(rows[first : first + n], seen + first)
                found = few if found is None else found.joined(few)
        seen += len(rows)
    assert found is not None
    return found


def _of_part(rows: Array, first: int) -> Summary:
    low, high = rows.min(axis=0), rows.max(axis=0)
    n = np.full(rows.shape[1], len(rows))
    if rows.dtype.kind == "f" and not (np.isfinite(low).all() and np.isfinite(high).all()):
        return _of_strange(rows, first)
    values = rows.astype("float64")
    mean = values.mean(axis=0)
    values -= mean
    variance = np.einsum("ij,ij->j", values, values) / len(rows)
    return Summary(n, low.astype("float64"), high.astype("float64"), mean, variance)


def _of_strange(rows: Array, first: int) -> Summary:
    """Return the summary of rows that contain infinite or NaN values."""
    nan, infinite, values = np.isnan(rows), np.isinf(rows), rows.astype("float64")
    return replace(
        _of_observed(np.where(nan | infinite, np.nan, values)),
        minimum=np.fmin.reduce(values, axis=0),
        maximum=np.fmax.reduce(values, axis=0),
        n_nan=int(nan.sum()),
        n_infinite=int(infinite.sum()),
        first_nan=_first(nan, first),
        first_infinite=_first(infinite, first),
    )


def _of_observed(values: Array) -> Summary:
    observed = ~np.isnan(values)
    n = observed.sum(axis=0)
    filled = np.where(observed, values, 0)
    mean = filled.sum(axis=0) / np.maximum(n, 1)
    variance = np.where(observed, (values - mean) ** 2, 0).sum(axis=0) / np.maximum(n, 1)
    return Summary(n, mean, mean, mean, variance)


def _first(found: Array, first: int) -> tuple[int, int] | None:
    if not found.any():
        return None
    row, column = np.unravel_index(int(np.argmax(found)), found.shape)
    return first + int(row), int(column)


_NONE = (-1, -1)


def _as_arrays(summary: Summary) -> dict[str, Array]:
    return {
        **{name: getattr(summary, name) for name in _ARRAYS},
        "counts": np.array([summary.n_nan, summary.n_infinite]),
        "first": np.array([summary.first_nan or _NONE, summary.first_infinite or _NONE]),
    }


def _from_arrays(arrays: dict[str, Array]) -> Summary:
    n_nan, n_infinite = map(int, arrays["counts"])
    nan, infinite = (tuple(map(int, at)) for at in arrays["first"])
    return Summary(
        **{name: arrays[name] for name in _ARRAYS},
        n_nan=n_nan,
        n_infinite=n_infinite,
        first_nan=None if nan == _NONE else (nan[0], nan[1]),
        first_infinite=None if infinite == _NONE else (infinite[0], infinite[1]),
    )


_ARRAYS = ("n_observed", "minimum", "maximum", "mean", "variance")
