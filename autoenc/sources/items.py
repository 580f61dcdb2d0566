"""Rows of a PyTorch Dataset, or of any object with a length and items."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.sources.reader import Array, SourceError, copy_values


class Items:
    """Reader of one item per row, by ``__getitems__`` if it is defined; see `Reader`.

    Parameters
    ----------
    items : object
        Object with a length. If an item is a tuple or list of fields, such as image and label, the
        first is the row. A list of numbers, or of such lists, is a row itself.
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

    def _is_row(self, item: Any) -> bool:
        return self._field is None and isinstance(item, list) and are_values(item)

    def _row(self, item: Any) -> Array:
        if isinstance(item, tuple | list | dict) and not self._is_row(item):
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
            f"items of {name} have the fields {', '.join(map(str, item))}; select one with "
            "key='...', as in autoenc.sources.open_source(items, key='...'). fit also accepts the "
            "result."
        )
    if isinstance(item, tuple) and len(item) > 1 and all(map(_is_number, item)):
        raise SourceError(
            f"an item of {name} is a tuple of {len(item)} numbers, which may be a row, or a value "
            "and its label; return a list or an array for a row, or name the field by key=0."
        )
    return 0


def are_values(item: list[Any]) -> bool:
    """Return whether a list contains numbers, or lists of as many numbers, rather than fields.

    >>> are_values([[1, 2], [3, 4]]), are_values([[1, 2], 3]), are_values([np.zeros(2)])
    (True, False, False)
    """
    if all(map(_is_number, item)):
        return True
    is_nested = all(isinstance(part, list) and are_values(part) for part in item)
    return is_nested and len({np.shape(part) for part in item}) == 1


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) or getattr(value, "ndim", None) == 0
