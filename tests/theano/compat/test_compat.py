"""Names that bridge Python 2 and 3."""

import io
from collections.abc import Iterable, Mapping, MutableMapping
from importlib import reload

from autoenc.theano import compat


def test_names_of_the_library():
    assert compat.BytesIO is io.BytesIO
    assert (compat.Iterable, compat.Mapping) == (Iterable, Mapping)
    assert compat.DictMixin is MutableMapping
    assert compat.reload is reload
    assert compat.next(iter([3])) == 3


def test_bytes_are_decoded():
    assert compat.decode_with("é".encode("latin1"), "latin1") == "é"
    assert compat.decode(b"a") == compat.decode("a") == "a"
    assert list(compat.decode_iter({1: b"a"}.values())) == ["a"]
