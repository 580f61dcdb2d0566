"""Contents of Python 2's modules ``md5`` and ``sha``, which took text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def _of_text(made: Callable[[bytes], Any]) -> Callable[..., Any]:
    def of(text: Any = "") -> Any:
        return made(text.encode("latin-1") if isinstance(text, str) else text)

    return of


md5 = SimpleNamespace(new=_of_text(hashlib.md5), md5=_of_text(hashlib.md5), digest_size=16)
sha = SimpleNamespace(new=_of_text(hashlib.sha1), sha=_of_text(hashlib.sha1), digest_size=20)
