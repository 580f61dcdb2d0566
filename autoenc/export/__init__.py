"""Export of models to ONNX, or for a single-file reader that needs only NumPy.

>>> import tempfile, pathlib
>>> from autoenc.export import copy_numpy_reader
>>> copy_numpy_reader(tempfile.mkdtemp()).name
'numpy_reader.py'
"""

from autoenc.export.onnx import CLASSIFIER_PARTS, PARTS, to_onnx
from autoenc.export.readers import copy_numpy_reader

__all__ = ["CLASSIFIER_PARTS", "PARTS", "copy_numpy_reader", "to_onnx"]
