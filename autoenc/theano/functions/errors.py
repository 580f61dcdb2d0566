"""Errors of functions, with the types and the first words of Theano's errors."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

# PyTensor's note about an argument: its name, the name of the function, and the place.
_OF_ARGUMENT = re.compile(
    r"\s*Invalid argument(?: '(.*)')? to PyTensor function(?: '(.*)')? at index (\d+)\."
)
# First words of PyTensor's messages about lengths and axes.
_BEGINNINGS = ("SpecifyShape:", "Could not broadcast dimensions", "Join axis is out of bounds")
# The two inputs whose lengths differ, as PyTensor's and Theano's compiled code names them.
_TWO_LENGTHS = re.compile(
    r"\(input\[\d+\]\.shape\[\d+\] = \d+, input\[\d+\]\.shape\[\d+\] = \d+\)"
)


# First words about missing or unknown arguments, in PyTensor and in Theano.
_FIRST_WORDS = {
    "Missing input:": "Missing required input:",
    "Unknown input:": "Unknown input or state:",
    "Too many parameter passed to pytensor": "Too many parameter passed to theano",
}


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
    if isinstance(error, ValueError) and "Failed to compute determinant" in str(error):
        return _of_type(np.linalg.LinAlgError, error)
    for words, theanos in _FIRST_WORDS.items():
        if isinstance(error, TypeError) and str(error).startswith(words):
            return _of_type(TypeError, error, str(error).replace(words, theanos, 1))
    return _of_argument(error)


def in_theanos_words(argument: Any) -> Any:
    """Return an argument of an error with the names of Theano's functions and classes."""
    if not isinstance(argument, str):
        return argument
    return re.sub(r"pytensor(?=\.function| Variable)", "theano", argument)


def _of_argument(error: Exception) -> Exception:
    """Return an error whose first words say which argument of which function is wrong.

    Theano raised TypeError for a number that the type of the argument cannot represent.
    """
    notes = getattr(error, "__notes__", [])
    found = next(filter(None, map(_OF_ARGUMENT.match, notes)), None)
    if found is None or isinstance(error, AssertionError):
        return error
    argument, function, index = found.groups()
    whose = "".join(
        f'{what} with name "{name}"' if name else what
        for what, name in (("argument", argument), (" to theano function", function))
    )
    kind = ValueError if isinstance(error, ValueError) else TypeError
    trace = found.string[found.end() :]
    raised = _of_type(
        kind, error, f"Bad input {whose} at index {index} (0-based).{trace}\n{error}"
    )
    raised.__notes__ = [note for note in notes if note != found.string]
    return raised


def _worded(message: str, error: ValueError) -> Exception:
    """Return an error with Theano's message, followed by what else PyTensor says."""
    said = str(error)
    more = () if said.startswith("Input dimension mismatch") else (said,)
    return _of_type(ValueError, error, "\n".join([message, *more]))


def _of_type(kind: type[Exception], error: Exception, *message: str) -> Exception:
    raised = kind(*(message or error.args)).with_traceback(error.__traceback__)
    vars(raised).update(vars(error))
    return raised
