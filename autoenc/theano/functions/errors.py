"""Errors of functions, of the types that Theano raised."""

from __future__ import annotations

_BEGINNINGS = ("SpecifyShape:", "Could not broadcast dimensions")


class LengthError(AssertionError, ValueError, IndexError):
    """Error of an array whose length along an axis is wrong.

    Theano raised ValueError in arithmetic and IndexError for an index. PyTensor replaces some
    operations by assertions about lengths.
    """


def as_raised(error: AssertionError) -> AssertionError:
    """Return an error as Theano raised it: the error itself if it is not about a length."""
    if not str(error).startswith(_BEGINNINGS):
        return error
    raised = LengthError(*error.args).with_traceback(error.__traceback__)
    vars(raised).update(vars(error))
    return raised
