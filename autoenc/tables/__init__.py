"""Read and write tables of numbers.

>>> import tempfile, numpy as np
>>> folder = tempfile.TemporaryDirectory()
>>> write_table(folder.name + "/ages.npy", np.array([[0.25, 1.0], [0.5, 0.0]]))
>>> read_table(folder.name + "/ages.npy").values.shape
(2, 2)
>>> folder.cleanup()
"""

from autoenc.tables.extras import MissingExtraError, import_extra
from autoenc.tables.formats import known_formats
from autoenc.tables.selection import Selection
from autoenc.tables.table import Table, TableError
from autoenc.tables.table_reading import read_table
from autoenc.tables.writing import write_table

__all__ = [
    "MissingExtraError",
    "Selection",
    "Table",
    "TableError",
    "import_extra",
    "known_formats",
    "read_table",
    "write_table",
]
