"""Rows of a PyTorch Dataset, or of any object with a length and items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.sources.reader import Array, SourceError, copy_values


class Items:
    """Reader of one item per row, by ``__getitems__`` if it is defined; see `Reader`.

    Parameters
    ----------
    items : object
        Object with a length. If an item is a pair, such as image and label, the first is the row.
    name : str
        Name for messages.
    field : int or str
        Part of an item that is the row, if items are tuples or dicts.
    """

    piece = 1
    files: Sequence[Path] = ()

    def __init__(self, items: Any, name: str, field: int | str | None = None) -> None:
        self._items = items
        self._name = name
        self._field = field
        if not len(items):
            raise SourceError(f"{name} has no items.")
        first = self._row(items[0])
        self.shape: tuple[int, ...] = (len(items), *first.shape)
        self.dtype = first.dtype

    def read_into(self, first: int, out: Array) -> None:
        """Read rows; see `Reader.read_into`."""
        for i, item in enumerate(self._get(range(first, first + len(out)))):
            row = self._row(item)
            if row.shape != out.shape[1:]:
                raise SourceError(
                    f"item {first + i:,} of {self._name} has shape {row.shape}; the first has "
                    f"{out.shape[1:]}."
                )
            copy_values(row, out[i, ...], f"item {first + i:,} of {self._name}")

    def settle(self) -> None:
        """Do nothing: nothing is cached."""

    def _get(self, numbers: range) -> Any:
        if hasattr(self._items, "__getitems__"):
            return self._items.__getitems__(list(numbers))
        return (self._items[i] for i in numbers)

    def _row(self, item: Any) -> Array:
        if isinstance(item, tuple | list | dict):
            item = item[_field_of(item, self._field, self._name)]
        if np.ma.is_masked(item):
            raise SourceError(
                f"an item of {self._name} has a masked entry; fill it in, or omit the item."
            )
        row = np.asarray(item)
        if row.dtype.kind not in "biuf":
            raise SourceError(
                f"an item of {self._name} is {type(item).__name__} of {row.dtype}; expected "
                "numbers. Convert items where the data set is created."
            )
        return row


def _field_of(item: Any, field: int | str | None, name: str) -> Any:
    if field is not None:
        return field
    if isinstance(item, dict):
        raise SourceError(
            f"items of {name} have the fields {', '.join(map(str, item))}; name one of them by "
            "key='...', as in autoenc.sources.open_source(items, key='...'), which fit takes, too."
        )
    return 0
