"""Contents of Python 2's modules ``sets`` and ``UserDict``."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator, MutableMapping
from typing import Any

Set, ImmutableSet, BaseSet = set, frozenset, (set, frozenset)
IterableUserDict = UserDict


class DictMixin(MutableMapping[Any, Any]):
    """Methods of dictionaries for classes that define ``__getitem__`` and ``keys``."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NotImplementedError

    def __delitem__(self, key: Any) -> None:
        raise NotImplementedError
