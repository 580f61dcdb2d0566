"""Restores attributes of the standard library that Python 3 has removed."""

from __future__ import annotations

import collections
import collections.abc
import fractions
import inspect
import itertools
import math
import string
import sys
import time
from typing import Any, NamedTuple


class ArgSpec(NamedTuple):
    """Result of ``inspect.getargspec``."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def getargspec(func: Any) -> ArgSpec:
    """Return the names and defaults of a function's arguments."""
    return ArgSpec(*inspect.getfullargspec(func)[:4])


def _removed() -> dict[Any, dict[str, Any]]:
    abstract = {name: getattr(collections.abc, name) for name in collections.abc.__all__}
    return {
        collections: abstract,
        fractions: {"gcd": math.gcd},
        inspect: {"getargspec": getargspec},
        itertools: {
            "izip": zip,
            "imap": map,
            "ifilter": filter,
            "izip_longest": itertools.zip_longest,
        },
        string: {
            "letters": string.ascii_letters,
            "lowercase": string.ascii_lowercase,
            "uppercase": string.ascii_uppercase,
            "join": lambda words, sep=" ": sep.join(words),
            "maketrans": str.maketrans,
        },
        sys: {"maxint": sys.maxsize},
        time: {"clock": time.perf_counter},
    }


def install() -> None:
    """Restore missing attributes; existing ones are not changed."""
    for module, names in _removed().items():
        for name, value in names.items():
            if not hasattr(module, name):
                setattr(module, name, value)
