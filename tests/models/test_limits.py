"""Limits of columns."""

import numpy as np
import onnxruntime
import pytest

from autoenc import AutoEncoder
from autoenc.export import numpy_reader, to_onnx
from autoenc.models import limits
from autoenc.models.limits import limits_of, without_passed
from autoenc.rows import blocks
from autoenc.rows.domain import Domain

INF = np.inf


def rows():
    """Columns: four zeros; five zeros; five sevens above; one value; nothing observed."""
    X = np.arange(50.0).reshape(10, 5) + 100
    X[:4, 0] = 0
    X[:5, 1] = 0
    X[3:8, 2] = 700
    X[:, 3] = 3
    X[:, 4] = np.nan
    return X


def test_five_rows_make_a_limit():
    lower, upper = limits_of(rows())
    np.testing.assert_array_equal(lower, [-INF, 0, -INF, 3, -INF])
    np.testing.assert_array_equal(upper, [INF, INF, 700, 3, INF])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_limits_have_the_dtype_of_the_rows(dtype):
    assert [a.dtype for a in limits_of(rows().astype(dtype))] == [dtype, dtype]


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_parts_of_the_rows_count_together(order, monkeypatch):
    monkeypatch.setattr(limits, "parts", lambda X: (X[i : i + 3] for i in range(0, len(X), 3)))
    for found, expected in zip(limits_of(rows()[order]), _by_numpy(rows()), strict=True):
        np.testing.assert_array_equal(found, expected)


def _by_numpy(X):
    least, most = X[:, :4].min(axis=0), X[:, :4].max(axis=0)
    lower = np.where((X[:, :4] == least).sum(axis=0) >= 5, least, -INF)
    upper = np.where((X[:, :4] == most).sum(axis=0) >= 5, most, INF)
    return np.append(lower, -INF), np.append(upper, INF)


def test_rows_of_weight_0_do_not_count():
    weights = np.ones(10)
    weights[0] = 0
    assert limits_of(rows(), weights)[0][1] == -INF


def test_sparse_rows_have_the_limits_of_dense_ones():
    from scipy.sparse import csr_array

    X = np.nan_to_num(rows())
    for sparse, dense in zip(
        limits_of(blocks.SparseRows(csr_array(X))), limits_of(X), strict=True
    ):
        np.testing.assert_array_equal(sparse, dense)


def test_values_beyond_a_limit_lift_it():
    arrays = {"lower": np.array([0.0, -INF, 0.0]), "upper": np.array([1.0, 1.0, INF])}
    found = without_passed(arrays, Domain(np.array([0, -9.0, -0.1]), np.array([2, 1.0, 9]), "f"))
    np.testing.assert_array_equal(found["lower"], [0, -INF, -INF])
    np.testing.assert_array_equal(found["upper"], [INF, 1, INF])
    np.testing.assert_array_equal(arrays["lower"], [0, -INF, 0])  # unchanged


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_is_beyond_the_limits_in_the_units_of_the_data(dtype, tmp_path):
    rng = np.random.default_rng(0)
    rows = np.maximum(rng.normal(size=(300, 3)) @ rng.normal(size=(3, 8)), 0)
    model = AutoEncoder(3, n_epochs=2, dtype=dtype, random_state=0, verbose=False).fit(rows)
    assert model.output_ == "clipped"
    model.save(tmp_path / "m.safetensors")
    session = onnxruntime.InferenceSession(to_onnx(model, part="reconstruct").SerializeToString())
    (of_onnx,) = session.run(None, {"x": rows.astype(dtype)})
    for found in (
        model.reconstruct(rows),
        model.inverse_transform(model.transform(rows)),
        numpy_reader.load(tmp_path / "m.safetensors").reconstruct(rows),
        of_onnx,
    ):
        assert (found >= model.lower_).all()
        assert (found <= model.upper_).all()
        assert (found == 0).any()
