"""Names whose operations XLA does not support; functions that use them run in C."""

from __future__ import annotations

_VALUES = "the shape of its result depends on values"
_OWN = "XLA has no code for operations that users define"
_HOST = "it draws from NumPy's generator on the host"
_NO_CODE = "there is no code for XLA"

# Keys are the last parts of names.
_BY_NAME = {
    "nonzero": _VALUES,
    "nonzero_values": _VALUES,
    "flatnonzero": _VALUES,
    "repeat": _VALUES,
    "unique": _VALUES,
    "Unique": _VALUES,
    "bartlett": _VALUES,
    "until": "XLA's loops have a fixed number of steps",
    "as_op": _OWN,
    "Op": _OWN,
    "Print": "XLA does not print",
    "eigvalsh": _NO_CODE,
    "lstsq": _NO_CODE,
    "choose": _NO_CODE,
    "j0": _NO_CODE,
    "j1": _NO_CODE,
    "rfft": _NO_CODE,
    "irfft": _NO_CODE,
    "unravel_index": "XLA does not check indices into a flattened array",
    "RandomStreams": _HOST,
}
_ON_XLA_AFTER_ALL = ("theano.sandbox", "theano.gpuarray")


def reason_for_c(name: str) -> str | None:
    """Return why a function that uses a name of Theano runs in C; None if it need not."""
    module, _, last = name.rpartition(".")
    if last == "RandomStreams" and module.startswith(_ON_XLA_AFTER_ALL):
        return None
    return _BY_NAME.get(last)
