"""Score the rows of Parquet files on a Ray or a Spark cluster, with a model from one file.

Results are Parquet files with the identifier and the error of each row. On Ray, actors load the
estimator once each. On Spark, executors need no autoenc: the model is sent to them together with
the reader that needs only NumPy. Spark needs Java 17 or 21.

    pip install "autoenc[engines]"
    python examples/scoring_files.py --engine ray --output errors
    python examples/scoring_files.py --engine spark --rows folder --model m.safetensors --output e
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from autoenc import AutoEncoder
from autoenc.datasets import load_digits
from autoenc.export import copy_numpy_reader


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Score files, by default digits with a model fitted to them, and return the errors."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = options.rows or write_digits(Path(folder, "rows"), options.files)
        model = options.model or fit(rows, Path(folder, "model.safetensors"), options.epochs)
        output = options.output or Path(folder, "errors")
        ENGINES[options.engine](rows, model, output, options.jobs)
        errors = pd.read_parquet(output).sort_values("id", ignore_index=True)
    print(f"{len(errors):,} rows, mean error {errors['error'].mean():.4f}")
    return errors


class Scorer:
    """What an actor of Ray does: load the model once, and score batch after batch.

    Parameters
    ----------
    model : str
        File of an autoencoder.
    """

    def __init__(self, model: str) -> None:
        self.model = AutoEncoder.load(model)

    def __call__(self, batch: pd.DataFrame) -> pd.DataFrame:
        """Return the identifiers and errors of rows."""
        errors = self.model.score_samples(batch.drop(columns="id"))
        return pd.DataFrame({"id": batch["id"], "error": errors})


def on_ray(rows: Path, model: Path, output: Path, jobs: int) -> None:
    """Score files by Ray Data, in actors that have one processor and one thread each.

    For another cluster, give `init` its address, and paths that all machines can read.
    """
    import ray

    with ray.init(num_cpus=jobs + 1):  # one reads and writes
        actors = ray.data.ActorPoolStrategy(min_size=1, max_size=jobs)
        data = ray.data.read_parquet(str(rows.absolute()))
        errors = data.map_batches(
            Scorer,
            fn_constructor_args=[str(model.absolute())],
            batch_format="pandas",
            batch_size=1024,
            num_cpus=1,
            compute=actors,
        )
        errors.write_parquet(str(output.absolute()), mode="overwrite")


def on_spark(rows: Path, model: Path, output: Path, jobs: int) -> None:
    """Score files by Spark, in Python processes of one thread each.

    For another cluster, give `master` its address, and paths that all machines can read.
    """
    from pyspark.sql import SparkSession

    name = model.name

    # A function within a function is sent whole: executors need not have this file.
    def errors_of(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import numpy_reader
        import pandas
        from pyspark import SparkFiles

        reader = numpy_reader.load(SparkFiles.get(name))
        for frame in frames:
            errors = reader.score_samples(frame.drop(columns="id"))
            yield pandas.DataFrame({"id": frame["id"], "error": errors})

    # Spark starts the first python3 of the path by default.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{jobs}]").config("spark.ui.enabled", False)
    with builder.getOrCreate() as spark, tempfile.TemporaryDirectory() as folder:
        spark.sparkContext.addPyFile(str(copy_numpy_reader(folder)))
        spark.sparkContext.addFile(str(model.absolute()))
        errors = spark.read.parquet(str(rows.absolute())).mapInPandas(
            errors_of, "id long, error float"
        )
        errors.write.parquet(str(output.absolute()), mode="overwrite")


ENGINES: dict[str, Callable[[Path, Path, Path, int], None]] = {"ray": on_ray, "spark": on_spark}


def write_digits(folder: Path, n_files: int) -> Path:
    """Write small digits to Parquet files, with an identifier, and return the folder."""
    folder.mkdir()
    pixels = load_digits().images
    frame = pd.DataFrame(pixels, columns=[f"pixel{k}" for k in range(pixels.shape[1])])
    frame.insert(0, "id", range(len(frame)))
    for k in range(n_files):
        frame[k::n_files].to_parquet(folder / f"rows{k}.parquet")
    return folder


def fit(rows: Path, path: Path, n_epochs: int) -> Path:
    """Fit a model to the rows of files, and return the path of its own file."""
    frame = pd.read_parquet(rows).drop(columns="id")
    model = AutoEncoder(20, n_epochs=n_epochs, random_state=0, verbose=False).fit(frame)
    model.save(path)
    return path


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--engine", choices=ENGINES, default="ray", help="(%(default)s)")
    add("--rows", type=Path, help="Parquet files with a column id; by default digits are written")
    add("--model", type=Path, help="file of an autoencoder; by default one is fitted")
    add("--output", type=Path, help="folder of the errors, which is overwritten")
    add("--jobs", type=int, default=2, help="processes that score (%(default)s)")
    add("--files", type=int, default=4, help="files that digits are written to (%(default)s)")
    add("--epochs", type=int, default=5, help="epochs of the fit (%(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
