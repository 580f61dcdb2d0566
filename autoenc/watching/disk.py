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


def check_file(path: Path, kind: str) -> None:
    """Check that a file can be written; see `check_folder`.

    Raises
    ------
    OSError
        If the path is a folder, or if the file cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; expected the path of a {kind}.")
    check_folder(path.parent)


class WriteErrors:
    """Turn errors of an output into warnings, so that they do not end a training run.

    Parameters
    ----------
    what : str
        Name of the output, for the warnings.
    errors : tuple of exception types
        Errors that cause a warning; all others are raised.

    Examples
    --------
    >>> import warnings
    >>> errors = WriteErrors("history.csv")
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     for _ in range(2):
    ...         with errors.become_warnings():
    ...             raise OSError("no space left on device")
    >>> print(*(warning.message for warning in caught))
    history.csv could not be written: no space left on device. Training continues, and a later
    epoch tries again.
    """

    def __init__(self, what: str, errors: tuple[type[Exception], ...] = (OSError,)) -> None:
        self._what = what
        self._errors = errors
        self._has_warned = False

    @contextmanager
    def become_warnings(self, *, at_end: bool = False) -> Iterator[None]:
        """Catch an error of the body, and warn of it.

        Parameters
        ----------
        at_end : bool, default False
            Whether training has ended. During training, only the first error causes a warning.
        """
        try:
            yield
        except self._errors as error:
            reason = str(error).rstrip(".")
            if at_end:
                warnings.warn(
                    f"{self._what} could not be written when training ended: {reason}.",
                    stacklevel=3,
                )
            elif not self._has_warned:
                self._has_warned = True
                warnings.warn(
                    f"{self._what} could not be written: {reason}. Training continues, and a "
                    "later epoch tries again.",
                    stacklevel=3,
                )
