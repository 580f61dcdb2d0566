"""Estimators with other libraries: frames, sparse data, pipelines, searches, routing, threads."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from joblib import Parallel, delayed
from pytensor.link.c.cmodule import GCC_compiler
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.backends import resolve_backend
from autoenc.estimators import PerceptronClassifier, SoftmaxClassifier, StackedDenoisingAutoEncoder
from autoenc.rows import DomainWarning
from autoenc.rows.blocks import SparseRows

QUIET = {"n_epochs": 2, "random_state": 0, "verbose": False}


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    return (X[:200] / 16).astype("float32"), y[:200]


@pytest.fixture(scope="module")
def frame(data):
    return pd.DataFrame(data[0][:, 20:26], columns=list("abcdef"), index=range(7, 207))


# Frames


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_in_frames_out(frame, kind):
    given = frame if kind == "pandas" else pl.from_pandas(frame)
    model = DenoisingAutoEncoder(3, missing="mask", **QUIET).set_output(transform=kind).fit(given)
    expected = clone(model).set_output(transform="default").fit(frame.to_numpy())
    assert list(model.feature_names_in_) == list("abcdef")
    codes = model.transform(given)
    assert isinstance(codes, pd.DataFrame if kind == "pandas" else pl.DataFrame)
    assert list(codes.columns) == [f"denoisingautoencoder{k}" for k in range(3)]
    np.testing.assert_array_equal(codes.to_numpy(), expected.transform(frame.to_numpy()))
    for method in ("reconstruct", "impute"):
        columns = getattr(model, method)(given)
        assert list(columns.columns) == list("abcdef")
        np.testing.assert_array_equal(
            columns.to_numpy(), getattr(expected, method)(frame.to_numpy())
        )
    if kind == "pandas":
        assert list(codes.index) == list(model.impute(given).index) == list(frame.index)


def test_frames_out_of_a_stack(frame):
    stack = StackedDenoisingAutoEncoder((4, 2), **QUIET).set_output(transform="pandas").fit(frame)
    assert list(stack.transform(frame).index) == list(frame.index)
    assert list(stack.reconstruct(frame).columns) == list("abcdef")


def test_names_are_in_model_files(frame, tmp_path):
    AutoEncoder(3, **QUIET).fit(frame).save(tmp_path / "m")
    again = AutoEncoder.load(tmp_path / "m")
    with pytest.raises(ValueError, match="feature names"):
        again.transform(frame[list("fedcba")])


# Sparse data


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_rows_are_the_same_rows(data, container):
    X, y = data
    model = AutoEncoder(5, **QUIET)
    dense, thin = clone(model).fit(X), clone(model).fit(container(X))
    assert thin.W_.tobytes() == dense.W_.tobytes()
    np.testing.assert_array_equal(thin.transform(container(X)), dense.transform(X))
    classifier = SoftmaxClassifier(validation_fraction=0.2, **QUIET)
    dense, thin = clone(classifier).fit(X, y), clone(classifier).fit(container(X), y)
    assert thin.weights_[0].tobytes() == dense.weights_[0].tobytes()


def test_sparse_columns_are_standardised_as_dense_ones():
    X = sparse.random_array((200, 30), density=0.1, rng=np.random.default_rng(0)) * 9
    dense = AutoEncoder(5, **QUIET).fit(X.toarray())
    thin = AutoEncoder(5, **QUIET).fit(X)
    np.testing.assert_allclose(thin.mean_, dense.mean_, rtol=1e-6)
    assert thin.W_.tobytes() == dense.W_.tobytes()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_other_data_and_another_rate_compile_nothing_anew(optimizer, monkeypatch):
    compiled = []
    compile_module = GCC_compiler.compile_str

    def noted(*arguments, **options):
        compiled.append((arguments, options))
        return compile_module(*arguments, **options)

    monkeypatch.setattr(GCC_compiler, "compile_str", noted)
    # Not the same rates each time: what was compiled is kept on the disk.
    rng = np.random.default_rng()
    settings = {**QUIET, "optimizer": optimizer, "backend": "c"}
    # A rate that was chosen falls, and one that was given stays: two programs, whatever the rate.
    for pair in (("auto", "auto"), rng.uniform(0.01, 0.02, 2)):
        rates = []
        for rate in pair:
            X = rng.normal(size=(50, 7)) @ rng.normal(size=(7, 7))
            model = DenoisingAutoEncoder(5, learning_rate=rate, **settings).fit(X)
            model.transform(X)
            if not rates:
                compiled.clear()
            rates.append(model.learning_rate_)
        assert compiled == []
        assert rates[0] != rates[1] or optimizer == "adam"


def test_only_a_part_is_dense_at_a_time(monkeypatch):
    largest = []
    original = SparseRows.__getitem__

    def noted(self, rows):
        part = original(self, rows)
        largest.append(len(part))
        return part

    monkeypatch.setattr(SparseRows, "__getitem__", noted)
    X = sparse.random_array(
        (30_000, 400), density=0.01, rng=np.random.default_rng(0), format="csr"
    )
    model = SoftmaxClassifier(batch_size=500, n_epochs=1, verbose=False)
    model.fit(X[:1_000], np.arange(1_000) % 2).predict(X)
    assert max(largest) <= 4_096
    assert sum(largest) >= 30_000


# Pipelines


def test_pipelines_unions_and_searches(data):
    X, y = data
    union = FeatureUnion([("a", AutoEncoder(3, **QUIET)), ("b", AutoEncoder(2, **QUIET))])
    assert union.fit_transform(X).shape == (200, 5)
    assert len(union.get_feature_names_out()) == 5
    pipeline = Pipeline(
        [
            ("scale", MinMaxScaler(clip=True)),
            ("codes", DenoisingAutoEncoder(**QUIET)),
            ("classes", LogisticRegression()),
        ]
    )
    search = GridSearchCV(pipeline, {"codes__n_hidden": [2, 20]}, cv=2, error_score="raise")
    search.fit(X, y)
    assert search.best_params_ == {"codes__n_hidden": 20}
    assert "DenoisingAutoEncoder" in search.best_estimator_._repr_html_()


def test_a_search_over_unclipped_columns():
    # Some pixels are black, or nearly, in all rows of a fold, and far from it in others.
    X, y = load_digits(return_X_y=True)
    pipeline = Pipeline(
        [
            ("scale", MinMaxScaler()),
            ("codes", DenoisingAutoEncoder(batch_size=100, learning_rate=0.5, **QUIET)),
            ("classes", LogisticRegression(max_iter=1_000)),
        ]
    )
    search = GridSearchCV(pipeline, {"codes__n_hidden": [5, 20]}, cv=3, n_jobs=2)
    with warnings.catch_warnings():
        # The processes that fit have our filters.
        warnings.simplefilter("ignore", DomainWarning)
        search.fit(X, y)
    scores = [search.cv_results_[f"split{k}_test_score"] for k in range(3)]
    assert np.isfinite(scores).all()
    assert search.best_score_ > 0.5
    scaled = MinMaxScaler().fit(X[:900]).transform(X[900:])
    n, rows = (scaled > 1 + 1e-6).sum(), (scaled > 1 + 1e-6).any(axis=1).sum()
    expected = f"X has {n} of 57,408 values, in {rows} of 897 rows, outside .* {scaled.max():g} at"
    with pytest.warns(DomainWarning, match=expected):
        search.best_estimator_.fit(X[:900], y[:900]).predict(X[900:])


def test_metadata_is_routed(data):
    X, y = data
    weights = np.where(np.arange(200) % 2, 2.0, 0.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = AutoEncoder(3, **QUIET).set_fit_request(sample_weight=True, validation=True)
        pipeline = make_pipeline(MinMaxScaler(clip=True), model)
        scaled = MinMaxScaler(clip=True).fit_transform(X)
        pipeline.fit(X, y, sample_weight=weights, validation=scaled[:20])
    expected = AutoEncoder(3, **QUIET).fit(scaled, sample_weight=weights)
    assert pipeline[-1].W_.tobytes() == expected.W_.tobytes()
    assert "valid_cost" in pipeline[-1].history_[0]


# The same bytes, wherever


def fit_in(dtype, X):
    return AutoEncoder(5, dtype=dtype, **QUIET).fit(X).W_.tobytes()


def test_the_same_bytes_in_a_pool_of_threads(data):
    X, _ = data
    dtypes = ["float32", "float64"] * 3
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda dtype: fit_in(dtype, X), dtypes))
    assert found == [fit_in(dtype, X) for dtype in dtypes]


class CountingBackend:
    """Compiles as a backend of that name does, and counts how often."""

    def __init__(self, name):
        self._backend = resolve_backend(name, "cpu")
        self.n_functions = 0

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def function(self, inputs, output):
        self.n_functions += 1
        return self._backend.function(inputs, output)


def test_threads_that_ask_first_at_once_compile_once(data, backend):
    X, _ = data
    counting = CountingBackend(backend)
    model = AutoEncoder(5, backend=counting, **QUIET).fit(X)
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(model.transform, [X] * 16))
    assert counting.n_functions == 1
    assert {found.tobytes() for found in codes} == {codes[0].tobytes()}


def test_threads_that_compile_other_models_see_no_warnings(data, backend):
    X, _ = data
    models = [AutoEncoder(n, backend=backend, **QUIET).fit(X) for n in range(1, 9)]
    together = threading.Barrier(len(models))

    def first_score(model):
        together.wait(60)
        return model.score_samples(X)

    with ThreadPoolExecutor(len(models)) as pool:
        scores = list(pool.map(first_score, models))
    for model, found in zip(models, scores, strict=True):
        assert found.tobytes() == model.score_samples(X).tobytes()


def test_the_same_bytes_under_joblib(data):
    X, _ = data
    found = Parallel(n_jobs=2)(delayed(fit_in)("float32", X) for _ in range(2))
    assert found == [fit_in("float32", X)] * 2


@pytest.mark.parametrize("make", [PerceptronClassifier, StackedDenoisingAutoEncoder])
def test_global_random_state_is_left_alone(data, make):
    X, y = data
    np.random.seed(3)  # noqa: NPY002 - what must not be touched
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make(**QUIET).fit(X, y)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
