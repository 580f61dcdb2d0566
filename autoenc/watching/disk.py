"""A disk that fails does not end a training of hours."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_folder(folder: Path) -> None:
    """Make a folder, if it is not there, and see that files can be written to it.

    Raises
    ------
    OSError
        If they cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


class Forbearance:
    """Turns what goes wrong with a file into one warning for each training.

    Parameters
    ----------
    what : str
        What would have been written.
    errors : tuple of exception types
        Those that cause a warning; all others are raised.

    Examples
    --------
    >>> import warnings
    >>> disk = Forbearance("history.csv")
    >>> with warnings.catch_warnings(record=True, action="always") as told:
    ...     for _ in range(2):
    ...         with disk.trouble_is_told():
    ...             raise OSError("no space left on device")
    >>> print(*(warning.message for warning in told))
    history.csv could not be written: no space left on device. Training goes on, and it is tried
    again when the next is due.
    """

    def __init__(self, what: str, errors: tuple[type[Exception], ...] = (OSError,)) -> None:
        self._what = what
        self._errors = errors
        self._told = False

    @contextmanager
    def trouble_is_told(self) -> Iterator[None]:
        """Warn, the first time, of what the body raises, and go on after it."""
        try:
            yield
        except self._errors as error:
            if not self._told:
                self._told = True
                warnings.warn(
                    f"{self._what} could not be written: {error}. Training goes on, and it is "
                    "tried again when the next is due.",
                    stacklevel=3,
                )
