"""Continue a long training run when writing to a disk fails."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_folder(folder: Path) -> None:
    """Create a folder if it does not exist, and check that files can be written to it.

    Raises
    ------
    OSError
        If the folder cannot be created or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


class Forbearance:
    """Turn the errors of a file into one warning for each training run.

    Parameters
    ----------
    what : str
        Name of the output, for the warning.
    errors : tuple of exception types
        Errors that cause a warning; all others are raised.

    Examples
    --------
    >>> import warnings
    >>> disk = Forbearance("history.csv")
    >>> with warnings.catch_warnings(record=True, action="always") as told:
    ...     for _ in range(2):
    ...         with disk.trouble_is_told():
    ...             raise OSError("no space left on device")
    >>> print(*(warning.message for warning in told))
    history.csv could not be written: no space left on device. Training continues, and writing is
    tried again the next time.
    """

    def __init__(self, what: str, errors: tuple[type[Exception], ...] = (OSError,)) -> None:
        self._what = what
        self._errors = errors
        self._told = False

    @contextmanager
    def trouble_is_told(self) -> Iterator[None]:
        """Catch an error of the body; warn if it is the first."""
        try:
            yield
        except self._errors as error:
            if not self._told:
                self._told = True
                warnings.warn(
                    f"{self._what} could not be written: {error}. Training continues, and writing "
                    "is tried again the next time.",
                    stacklevel=3,
                )
