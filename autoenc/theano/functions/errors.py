"""Errors of functions, of the types that Theano raised."""

from __future__ import annotations

# What PyTensor's messages about lengths and axes and its notes about arguments contain.
_OF_ARGUMENT = "Invalid argument"
_BEGINNINGS = ("SpecifyShape:", "Could not broadcast dimensions", "Join axis is out of bounds")


class LengthError(AssertionError, ValueError, IndexError):
    """Error of an array whose length along an axis is wrong, or that has no such axis.

    Theano raised ValueError in arithmetic and IndexError for an index. PyTensor replaces some
    operations by assertions about lengths.
    """


def as_raised(error: Exception) -> Exception:
    """Return an error as Theano raised it, which may be the error itself."""
    if isinstance(error, (AssertionError, ValueError)) and str(error).startswith(_BEGINNINGS):
        return _of_type(LengthError, error)
    notes = getattr(error, "__notes__", ())
    if isinstance(error, OverflowError) and any(_OF_ARGUMENT in note for note in notes):
        # A number that its type cannot represent.
        return _of_type(TypeError, error)
    return error


def _of_type(kind: type[Exception], error: Exception) -> Exception:
    raised = kind(*error.args).with_traceback(error.__traceback__)
    vars(raised).update(vars(error))
    return raised
