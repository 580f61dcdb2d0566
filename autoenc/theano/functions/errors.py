"""Errors of functions, of the types and with the first words that Theano's had."""

from __future__ import annotations

import re

# What PyTensor's messages about lengths and axes and its notes about arguments contain.
_OF_ARGUMENT = "Invalid argument"
_BEGINNINGS = ("SpecifyShape:", "Could not broadcast dimensions", "Join axis is out of bounds")
# The two inputs whose lengths differ, as PyTensor's and Theano's compiled code names them.
_TWO_LENGTHS = re.compile(
    r"\(input\[\d+\]\.shape\[\d+\] = \d+, input\[\d+\]\.shape\[\d+\] = \d+\)"
)


class LengthError(AssertionError, ValueError, IndexError):
    """Error of an array whose length along an axis is wrong, or that has no such axis.

    Theano raised ValueError in arithmetic and IndexError for an index. PyTensor replaces some
    operations by assertions about lengths.
    """


def as_raised(error: Exception) -> Exception:
    """Return an error as Theano raised it, which may be the error itself."""
    if isinstance(error, (AssertionError, ValueError)) and str(error).startswith(_BEGINNINGS):
        return _of_type(LengthError, error)
    lengths = _TWO_LENGTHS.search(str(error))
    if isinstance(error, ValueError) and lengths:
        return _worded(f"Input dimension mis-match. {lengths[0]}", error)
    notes = getattr(error, "__notes__", ())
    if isinstance(error, OverflowError) and any(_OF_ARGUMENT in note for note in notes):
        # A number that its type cannot represent.
        return _of_type(TypeError, error)
    return error


def _worded(message: str, error: ValueError) -> Exception:
    """Return an error with Theano's message, followed by what else PyTensor says."""
    said = str(error)
    more = () if said.startswith("Input dimension mismatch") else (said,)
    return _of_type(ValueError, error, "\n".join([message, *more]))


def _of_type(kind: type[Exception], error: Exception, *message: str) -> Exception:
    raised = kind(*(message or error.args)).with_traceback(error.__traceback__)
    vars(raised).update(vars(error))
    return raised
