"""Frames out, where the user has asked scikit-learn for them."""

from __future__ import annotations

from typing import Any

import sklearn
from sklearn.base import BaseEstimator

from autoenc.rows.blocks import Array


def in_container(estimator: BaseEstimator, values: Array, like: Any) -> Any:
    """Return columns of the data as an array, or as the frame that `set_output` asks for.

    ``transform`` is scikit-learn's to wrap; this is for what has the columns of the input.

    Parameters
    ----------
    estimator : BaseEstimator
        Whose ``set_output`` counts, else scikit-learn's ``transform_output``.
    values : array, (rows, columns)
    like : array-like or frame
        Where the index is taken from.

    Returns
    -------
    array, pandas.DataFrame or polars.DataFrame
    """
    wanted = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    wanted = wanted or sklearn.get_config()["transform_output"]
    if wanted == "default":
        return values
    names = getattr(estimator, "feature_names_in_", None)
    columns = [f"x{k}" for k in range(values.shape[1])] if names is None else list(names)
    if wanted == "pandas":
        import pandas

        index = like.index if isinstance(like, pandas.DataFrame) else None
        return pandas.DataFrame(values, columns=columns, index=index)
    import polars

    return polars.DataFrame(values, schema=columns, orient="row")
