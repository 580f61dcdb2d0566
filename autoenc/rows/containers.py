"""Output as frames, if scikit-learn is configured so, or if columns are not all numbers."""

from __future__ import annotations

from typing import Any

import sklearn
from sklearn.base import BaseEstimator

from autoenc.rows.blocks import Array
from autoenc.rows.encoding import Encoding
from autoenc.rows.frames import fill_frame, frame_like, library_of


def in_container(
    estimator: BaseEstimator, values: Array, like: Any, *, only_missing: bool = False
) -> Any:
    """Return columns of the data as an array, or as the frame that `set_output` requests.

    scikit-learn wraps ``transform``. This function is for results with the columns of the input.

    Parameters
    ----------
    estimator : BaseEstimator
        Estimator whose ``set_output`` applies, or else scikit-learn's ``transform_output``.
    values : array, (rows, columns)
        Values; if columns are encoded, their entries.
    like : array-like or frame
        Source of the index and, if columns are encoded, of their dtypes.
    only_missing : bool
        Whether to replace only the missing entries of a frame, and to keep its dtypes.

    Returns
    -------
    array, pandas.DataFrame or polars.DataFrame
    """
    wanted = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    wanted = wanted or sklearn.get_config()["transform_output"]
    encoding = estimator.model_.columns.encoding
    if encoding is not None:
        return _decoded(encoding, values, like, wanted, only_missing=only_missing)
    if wanted == "default":
        return values
    if only_missing and library_of(like) == wanted:
        return fill_frame(like, dict(zip(map(str, like.columns), values.T, strict=True)))
    names = getattr(estimator, "feature_names_in_", None)
    columns = [f"x{k}" for k in range(values.shape[1])] if names is None else list(names)
    if wanted == "pandas":
        import pandas

        index = like.index if isinstance(like, pandas.DataFrame) else None
        return pandas.DataFrame(values, columns=columns, index=index)
    import polars

    return polars.DataFrame(values, schema=columns, orient="row")


def _decoded(
    encoding: Encoding, values: Array, like: Any, wanted: str, *, only_missing: bool
) -> Any:
    """Return the user's columns in a frame of the requested library, by default the user's."""
    library = library_of(like) or encoding.library if wanted == "default" else wanted
    decoded = encoding.without_forms.decode(values)
    if only_missing and library_of(like) == library:
        return fill_frame(like, decoded, encoding.forms)
    if only_missing:
        known = encoding.without_forms.decode(encoding.encode(like)[0])
        own = frame_like(known, library, None, encoding.forms)
        return fill_frame(own, decoded, encoding.forms)
    return frame_like(decoded, library, like, encoding.forms)
