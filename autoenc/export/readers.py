"""The single-file NumPy reader, to be copied into other projects."""

from __future__ import annotations

import os
from pathlib import Path

from autoenc.files import atomic_write

READER = Path(__file__).with_name("numpy_reader.py")


def copy_numpy_reader(folder: str | os.PathLike[str]) -> Path:
    """Copy `numpy_reader.py` to a folder, to use models where there is only NumPy.

    Parameters
    ----------
    folder : path
        Where to; it is made if it is not there.

    Returns
    -------
    Path
        Of the copy.

    Raises
    ------
    OSError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> copy = copy_numpy_reader(tempfile.mkdtemp())
    >>> copy.read_bytes() == READER.read_bytes()
    True
    """
    target = Path(folder) / READER.name
    with atomic_write(target) as temporary:
        temporary.write_bytes(READER.read_bytes())
    return target
