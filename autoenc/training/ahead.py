"""Preparation of items in a thread, ahead of their use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ahead(Generic[Item]):
    """Iterator that prepares the next item in a thread while the current one is in use.

    Parameters
    ----------
    items : iterator
        Source of the items. Only one item is prepared ahead, so that two exist at a time. An
        exception is raised where its item would have been returned.

    Examples
    --------
    >>> list(Ahead(iter("abc")))
    ['a', 'b', 'c']
    """

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._permits = threading.Semaphore(1)
        self._made: Queue[tuple[Item | None, BaseException | None]] = Queue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="autoenc-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        if self._closed:
            raise StopIteration
        item, error = self._made.get()
        if error is not None:
            self.close()
            raise error
        self._permits.release()
        return item  # type: ignore[return-value]  # None only beside an error

    def close(self) -> None:
        """End the thread after its current item."""
        self._closed = True
        self._permits.release()
        self._thread.join()

    def _work(self) -> None:
        try:
            while True:
                self._permits.acquire()
                if self._closed:
                    return
                self._made.put((next(self._items), None))
        except BaseException as error:
            self._made.put((None, error))
        finally:
            with suppress(AttributeError):  # only generators can be closed
                self._items.close()  # type: ignore[attr-defined]
