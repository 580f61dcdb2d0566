"""The single-file NumPy reader, to be copied into other projects."""

from __future__ import annotations

import os
from pathlib import Path

from autoenc.files import atomic_write
from autoenc.models import schema
from autoenc.rows import encoding

READER = Path(__file__).with_name("numpy_reader.py")
# Imports of the reader from autoenc, which copies replace by the modules themselves.
IMPORT = (
    "from autoenc.models.schema import SchemaError, activations_of, arrays_of_layer, check_model\n"
    "from autoenc.rows.encoding import Encoding\n"
)
FUTURE = "from __future__ import annotations\n"


def copy_numpy_reader(folder: str | os.PathLike[str]) -> Path:
    """Write `numpy_reader.py` to a folder, to use models with only NumPy installed.

    Parameters
    ----------
    folder : path
        Target folder, which is created if it does not exist.

    Returns
    -------
    Path
        Path of the copy.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> copy = copy_numpy_reader(tempfile.mkdtemp())
    >>> "import autoenc" in copy.read_text(encoding="utf-8")
    False
    """
    target = Path(folder) / READER.name
    with atomic_write(target) as temporary:
        temporary.write_text(_whole_reader(), encoding="utf-8")
    return target


def _whole_reader() -> str:
    """Return the reader, the schema of model files and the encoding of columns as one module."""
    before, after = READER.read_text(encoding="utf-8").split(IMPORT)
    modules = [
        Path(str(module.__file__)).read_text(encoding="utf-8").split(FUTURE)[1].strip()
        for module in (schema, encoding)
    ]
    return before + "\n\n".join(modules) + "\n\n" + after
