"""Objects shared by threads: locks, results computed once, filters of warnings."""

from __future__ import annotations

import functools
import os
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Function = TypeVar("Function", bound=Callable[..., Any])


class Lock:
    """Reentrant lock that is unlocked in a child process created by fork.

    The thread that held it in the parent does not exist in the child.

    Attributes
    ----------
    now : threading.RLock
        The lock to hold, as in ``with lock.now:``.
    """

    def __init__(self) -> None:
        self.now = threading.RLock()
        _locks.add(self)

    def renew(self) -> None:
        """Replace the lock by one that nobody holds."""
        self.now = threading.RLock()


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()


def _renew_all() -> None:
    for lock in list(_locks):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)


def once(function: Function) -> Function:
    """Cache the results of a function by its arguments, and compute each of them once.

    `functools.cache` calls the function again while the first call is still running: sixteen
    threads that request the first compilation would all compile. Calls with other arguments also
    wait for each other. An exception is not cached.

    Examples
    --------
    >>> @once
    ... def double(x):
    ...     print("computed")
    ...     return 2 * x
    >>> double(2), double(2)
    computed
    (4, 4)
    """
    lock = Lock()
    results: dict[Any, Any] = {}

    @functools.wraps(function)
    def look_up(*arguments: Any) -> Any:
        if arguments not in results:
            with lock.now:
                if arguments not in results:
                    results[arguments] = function(*arguments)
        return results[arguments]

    look_up.cache_clear = results.clear  # type: ignore[attr-defined]
    return look_up  # type: ignore[return-value]


def in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], n_threads: int
) -> list[Result]:
    """Apply a function to each item, in several threads.

    If not all threads can be started, the caller's thread applies the function to all items, also
    to those that a thread has taken.

    Parameters
    ----------
    function : callable
        Function of one item, without side effects, which several threads call at once.
    items : sequence
        Items to which the function is applied.
    n_threads : int
        Maximum number of threads.

    Returns
    -------
    list
        The results, in the order of the items.

    Examples
    --------
    >>> in_threads(abs, [-1, 2, -3], 2)
    [1, 2, 3]
    """
    if min(len(items), n_threads) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(len(items), n_threads)) as pool:
        results: Iterator[Result]
        try:
            results = pool.map(function, items)
        except RuntimeError:  # "can't start new thread"
            results = map(function, items)
        return list(results)


def threads_can_start(n: int) -> bool:
    """Return whether this process can start `n` more threads at once, by starting them.

    A container or a user may have a limit. Libraries in C++ end the process when they reach it.
    """
    done = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(n):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:  # "can't start new thread"
        return False
    finally:
        done.set()
        for thread in started:
            thread.join()
    return True


_filters = Lock()


@contextmanager
def warnings_caught() -> Iterator[None]:
    """Allow the block to change warning filters, in one thread at a time.

    Filters belong to the process. If two threads are in `warnings.catch_warnings` at once, the
    first to leave removes the filters of the other. Keep the block short, because other threads
    wait for it.

    Examples
    --------
    >>> with warnings_caught():
    ...     warnings.simplefilter("ignore")
    ...     warnings.warn("not shown")
    """
    with _filters.now, warnings.catch_warnings():
        yield
