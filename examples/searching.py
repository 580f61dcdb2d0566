"""Search the settings of a model, several fits at a time in worker processes.

Each combination of settings is fitted on two thirds of the digits and scored on the rest, three
times. GridSearchCV leaves it to joblib where fits run: in processes of its own (loky), on a Dask
cluster or on a Ray cluster. A worker has its share of the processor's threads, and uses code that
others have compiled, from the cache.

    python examples/searching.py --jobs 2
    python examples/searching.py --jobs 2 --engine ray    (or dask; pip install "autoenc[engines]")
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from joblib import parallel_config
from sklearn.model_selection import GridSearchCV

from autoenc import DenoisingAutoEncoder, load_mnist


def main(arguments: Sequence[str] | None = None) -> GridSearchCV:
    """Print the mean error of each combination, the best first, and return the search."""
    options = parse(arguments)
    rows = load_mnist(sample=True).train.images[: options.rows]
    model = DenoisingAutoEncoder(n_epochs=options.epochs, random_state=0, verbose=False)
    settings = {"n_hidden": options.hidden, "corruption": options.corruption}
    search = GridSearchCV(model, settings, cv=3)
    with ENGINES[options.engine](options.jobs):
        search.fit(rows)
    for error, found in ranked(search):
        print(f"{error:8.4f}  {found}")
    return search


@contextmanager
def on_loky(jobs: int) -> Iterator[None]:
    """Run fits in processes of joblib."""
    with parallel_config("loky", n_jobs=jobs):
        yield


@contextmanager
def on_dask(jobs: int) -> Iterator[None]:
    """Run fits on a Dask cluster, here of processes on this machine.

    Dask allows a worker process one thread for its computations. For another cluster, give
    `Client` its address.
    """
    from dask.distributed import Client

    workers = None if jobs == -1 else jobs
    cluster = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with Client(**cluster), parallel_config("dask"):
        yield


@contextmanager
def on_ray(jobs: int) -> Iterator[None]:
    """Run fits on a Ray cluster, here of processes on this machine.

    Ray allows a worker process one thread for its computations. For another cluster, give `init`
    its address.
    """
    import ray
    from ray.util.joblib import register_ray

    register_ray()
    with ray.init(num_cpus=None if jobs == -1 else jobs), parallel_config("ray", n_jobs=jobs):
        yield


ENGINES: dict[str, Callable[[int], AbstractContextManager[None]]] = {
    "loky": on_loky,
    "dask": on_dask,
    "ray": on_ray,
}


def ranked(search: GridSearchCV) -> list[tuple[float, dict[str, Any]]]:
    """Return the mean error of held-out rows and the settings, the best first."""
    results = search.cv_results_
    pairs = zip(-results["mean_test_score"], results["params"], strict=True)
    return sorted(pairs, key=lambda pair: pair[0])


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--engine", choices=ENGINES, default="loky", help="where fits run (%(default)s)")
    add("--hidden", type=int, nargs="+", default=[50, 100], help="units to try (%(default)s)")
    add("--corruption", type=float, nargs="+", default=[0.0, 0.3], help="noise (%(default)s)")
    add("--epochs", type=int, default=5, help="epochs of each fit (%(default)s)")
    add("--rows", type=int, default=3000, help="number of digits (%(default)s)")
    add("--jobs", type=int, default=-1, help="fits at a time; -1 is one a core (%(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
