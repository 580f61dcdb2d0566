"""Results that are computed once, even if several threads request them at the same time."""

import os
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from autoenc.threads import Lock, in_threads, once, warnings_caught


def test_threads_that_ask_at_once_compute_once():
    calls = []

    @once
    def slow(x):
        calls.append(x)
        time.sleep(0.05)
        return object()

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(slow, [1] * 16))
    assert calls == [1]
    assert len(set(results)) == 1


def test_an_exception_is_not_kept():
    answers = iter([ValueError("not yet"), 3])

    @once
    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ValueError, match="not yet"):
        ask()
    assert ask() == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning")
def test_a_child_of_fork_gets_it_unlocked():
    lock, held, leave = Lock(), threading.Event(), threading.Event()

    def hold():
        with lock.now:
            held.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    if not (child := os.fork()):
        with lock.now:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    leave.set()
    thread.join()


def test_filters_of_one_thread_are_not_taken_away_by_another():
    inside, both, left = threading.Event(), threading.Event(), threading.Event()

    def first():
        with warnings_caught():
            warnings.simplefilter("ignore")
            inside.set()
            both.wait(0.2)  # in vain, as the other waits for its turn
        left.set()

    def second():
        inside.wait(5)
        with warnings_caught():
            warnings.simplefilter("ignore", UserWarning)
            both.set()
            left.wait(5)
            warnings.warn("an error, unless the filter is there", UserWarning, stacklevel=1)

    before = list(warnings.filters)
    with ThreadPoolExecutor(2) as pool:
        for call in [pool.submit(first), pool.submit(second)]:
            call.result()
    assert list(warnings.filters) == before


def test_items_are_divided_among_threads():
    together = threading.Barrier(2, timeout=30)

    def meet(item):
        together.wait()
        return item, threading.get_ident()

    results = in_threads(meet, range(4), 2)
    assert [item for item, _ in results] == [0, 1, 2, 3]
    assert len({thread for _, thread in results}) == 2


def test_where_no_thread_starts_the_caller_does_everything(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    results = in_threads(lambda item: (item, threading.get_ident()), range(5), 3)
    assert results == [(item, threading.get_ident()) for item in range(5)]


def test_an_error_in_a_thread_is_raised():
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda item: 1 / item, [1, 0, 2], 2)
