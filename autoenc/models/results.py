"""Codes, reconstructions and errors of rows, written to a file part by part.

>>> import tempfile
>>> from autoenc import AutoEncoder
>>> rows = np.eye(4, dtype="float32")
>>> ae = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(rows)
>>> with tempfile.TemporaryDirectory() as folder:
...     write_results(Path(folder, "codes.npy"), ae.model_, rows)
...     np.array_equal(np.load(Path(folder, "codes.npy")), ae.transform(rows))
True
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from autoenc.files import atomic_write, is_same_file
from autoenc.models.coders import FittedCoder
from autoenc.models.fitted import FittedModel
from autoenc.models.fitted_classifiers import FittedClassifier
from autoenc.rows.blocks import Array
from autoenc.sources import Source
from autoenc.tables.extras import import_extra

# Method of the symbolic model for each method of an estimator.
OF_CODERS = {"transform": "encode", "reconstruct": "reconstruct", "score_samples": "error"}
OF_CLASSIFIERS = {"predict_proba": "probabilities"}
# Size of a row group.
BYTES_AT_A_TIME = 32 << 20


def write_results(
    path: str | os.PathLike[str],
    model: FittedModel,
    X: Any,
    what: str = "transform",
    *,
    names: Sequence[str] | None = None,
) -> None:
    """Compute codes, reconstructions, errors or probabilities, and write them part by part.

    Neither rows nor results are completely in memory at any time. The file is written completely
    or not at all.

    Parameters
    ----------
    path : path
        ``.npy`` or ``.parquet``.
    model : FittedModel
        ``model_`` of an estimator.
    X : array-like or source, (rows, columns)
        Rows, such as the path of a file; see `autoenc.sources.open_source`.
    what : {"transform", "reconstruct", "score_samples", "predict_proba"}
        Method of the estimator whose results are written.
    names : sequence of str, optional
        Names of the columns of a Parquet file, by default their numbers.

    Raises
    ------
    TypeError
        If `model` is an estimator, or not a fitted model.
    ValueError
        If the model has no such result, if the format is unknown, if the rows do not match the
        model, or if `path` is the file from which they are read.
    """
    if not isinstance(model, FittedModel):
        raise TypeError(
            f"model is of type {type(model).__name__}; expected a fitted model: give model_ "
            "of a fitted estimator, as in write_results(path, estimator.model_, X)."
        )
    path = Path(path)
    results = _results_of(model)
    if what not in results:
        raise ValueError(f"what is {what!r}; expected one of {', '.join(results)}.")
    if path.suffix not in _WRITERS:
        raise ValueError(f"{path} ends in {path.suffix!r}; expected {' or '.join(_WRITERS)}.")
    if any(is_same_file(path, file) for file in _files_of(X)):
        raise ValueError(
            f"{path} is a file of the rows, which is not overwritten; choose another path."
        )
    rows = model.incoming(X, compared=what != "score_samples")
    parts = _finished(model.apply_by_parts(results[what], rows), model, what)
    with atomic_write(path) as temporary:
        _WRITERS[path.suffix](temporary, parts, len(rows), names)


def _results_of(model: FittedModel) -> dict[str, str]:
    """Return the results of a model by method, with the names of the pieces to compute."""
    if isinstance(model, FittedCoder):
        return OF_CODERS
    if isinstance(model, FittedClassifier):
        return OF_CLASSIFIERS
    raise ValueError(
        f"the results of {model.kind} cannot be written part by part; call a method of the "
        "estimator, such as score_samples."
    )


def _files_of(X: Any) -> Iterator[str | os.PathLike[str]]:
    """Yield the files from which rows are read, as far as X tells."""
    if isinstance(X, str | os.PathLike):
        yield X
        yield from Path(X).rglob("*") if Path(X).is_dir() else ()
    elif isinstance(X, Source):
        yield from X.stored.reader.files
    elif isinstance(X, np.memmap) and X.filename is not None:
        yield X.filename
    elif isinstance(X, list | tuple):
        for part in X:
            yield from _files_of(part) if isinstance(part, str | os.PathLike | np.memmap) else ()


def _finished(parts: Iterator[Array], model: FittedModel, what: str) -> Iterator[Array]:
    """Check errors, and convert reconstructions to the units of the data, part by part."""
    first = 0
    for part in parts:
        if isinstance(model, FittedCoder) and what == "score_samples":
            model.check_errors(part, first)
        if isinstance(model, FittedCoder) and what == "reconstruct":
            yield model.backward(part)
        else:
            yield part
        first += len(part)


def _write_npy(path: Path, parts: Iterator[Array], n_rows: int, names: Any) -> None:
    with path.open("wb") as file:
        for number, part in enumerate(parts):
            if not number:
                header = {
                    "descr": npy_format.dtype_to_descr(part.dtype),
                    "fortran_order": False,
                    "shape": (n_rows, *part.shape[1:]),
                }
                npy_format.write_array_header_1_0(file, header)
            file.write(np.ascontiguousarray(part).data)


def _write_parquet(path: Path, parts: Iterator[Array], n_rows: int, names: Any) -> None:
    import_extra("pyarrow", "scale", "writing parquet")
    import pyarrow.parquet

    writer = None
    try:
        for group in _grouped(parts):
            table = _table(group, names)
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _grouped(parts: Iterator[Array]) -> Iterator[Array]:
    """Join parts until they have the size of a row group."""
    group: list[Array] = []
    for part in parts:
        group.append(part)
        if sum(some.nbytes for some in group) >= BYTES_AT_A_TIME:
            yield np.concatenate(group)
            group = []
    if group:
        yield np.concatenate(group)


def _table(rows: Array, names: Sequence[str] | None) -> Any:
    import pyarrow

    columns = rows.reshape(len(rows), -1).T
    if names is None:
        names = [str(k) for k in range(len(columns))]
    return pyarrow.table([np.ascontiguousarray(column) for column in columns], names=list(names))


_WRITERS: dict[str, Callable[[Path, Iterator[Array], int, Any], None]] = {
    ".npy": _write_npy,
    ".parquet": _write_parquet,
}
