"""Columns of Arrow tables and Parquet files."""

from __future__ import annotations

from typing import Any


def columns_of_schema(schema: Any) -> list[str]:
    """Return the names of all columns except those that are the index of a pandas frame.

    pandas stores an index other than a range, as of shuffled rows, as further columns.

    Parameters
    ----------
    schema : pyarrow.Schema
        Schema of a table or file.

    Returns
    -------
    list of str
        The names, in the order of the file.
    """
    index = (schema.pandas_metadata or {}).get("index_columns", ())
    names = {name for name in index if isinstance(name, str)}  # a range is a mapping
    return [name for name in schema.names if name not in names]
