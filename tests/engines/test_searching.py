"""Hyperparameter searches on the engines that joblib can use."""

import numpy as np
import pytest
from joblib import Parallel, delayed

from autoenc import AutoEncoder
from autoenc.backends.cpu import usable_threads
from examples import searching

pytestmark = pytest.mark.filterwarnings(
    # Ray leaves sockets and files of its processes to the garbage collector.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_search_finds_what_one_process_finds(engine):
    few = ["--rows", "300", "--epochs", "1", "--hidden", "5", "8", "--corruption", "0.3"]
    searches = [searching.main([*few, "--jobs", "1"])]
    searches.append(searching.main([*few, "--engine", engine, "--jobs", "2"]))
    one, other = [search.cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_array_equal(other, one)
    assert np.isfinite(one).all()


def fit(k):
    """Fit a model, and return its weights and how many threads it could use."""
    rows = np.random.default_rng(0).random((200, 13), dtype="float32")
    model = AutoEncoder(7, backend="xla", n_epochs=1, random_state=k, verbose=False).fit(rows)
    return model.W_, usable_threads()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Folder of compiled code of the workers of both engines."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_workers_have_one_thread_each_and_compile_once(engine, cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    before = sorted(cache.rglob("*"))
    with searching.ENGINES[engine](2):
        fits = Parallel()(delayed(fit)(k) for k in range(4))
    after = sorted(cache.rglob("*"))
    assert any(path.is_file() for path in after)
    assert before in ([], after)  # only the first engine compiles
    assert [threads for _, threads in fits] == [1] * 4
    for k, (weights, _) in enumerate(fits):
        np.testing.assert_array_equal(weights, fit(k)[0])
