import hashlib
import runpy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoenc.datasets import (
    DatasetFormatError,
    DatasetNotFoundError,
    load_donuts,
    make_donuts,
    places,
)
from autoenc.datasets.donuts import FILE_NAME
from tests.reference import Parameters, forward, train_reference


def centred(donuts):
    """The first two columns about the centre of the circles, if there is no noise."""
    return donuts.points[:, :2].astype(float) * 2 - 1


@settings(max_examples=20)
@given(n_samples=st.integers(2, 300), noise=st.floats(0, 2), seed=st.integers(0, 2**32 - 1))
def test_every_column_fills_0_to_1_and_the_donuts_are_of_equal_size(n_samples, noise, seed):
    points, labels = make_donuts(n_samples, noise=noise, seed=seed)
    assert points.dtype == np.float32
    assert points.shape == (n_samples, 4)
    assert points.flags.c_contiguous
    np.testing.assert_allclose(points.min(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(points.max(axis=0), 1, atol=1e-6)
    assert labels.dtype == np.int64
    assert np.bincount(labels, minlength=2).tolist() == [(n_samples + 1) // 2, n_samples // 2]


def test_without_noise_the_points_are_on_two_circles():
    donuts = make_donuts(20_000, noise=0, seed=3)
    radius = np.hypot(*centred(donuts).T)
    np.testing.assert_allclose(radius[donuts.labels == 0], 0.5, atol=1e-3)
    np.testing.assert_allclose(radius[donuts.labels == 1], 1.0, atol=1e-3)


def test_noise_is_the_deviation_of_the_distance():
    points, labels = make_donuts(20_000, noise=0.1, seed=3)
    x, y = (points[:, :2] - points[:, :2].mean(axis=0)).T
    radius = np.hypot(x, y)
    inner, outer = radius[labels == 0], radius[labels == 1]
    assert outer.mean() / inner.mean() == pytest.approx(2, rel=0.01)
    assert inner.std() / inner.mean() == pytest.approx(0.1, rel=0.05)
    assert outer.std() / outer.mean() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("make", [make_donuts, load_donuts])
def test_all_points_lie_in_a_plane(make):
    points = make().points.astype(float)
    scales = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    assert scales[1] > 10
    assert scales[2] < 1e-4


def test_rows_are_shuffled_and_the_seed_decides():
    points, labels = make_donuts(200, seed=1)
    assert 40 < np.count_nonzero(np.diff(labels)) < 160
    again, other = make_donuts(200, seed=1), make_donuts(200, seed=2)
    assert again.points.tobytes() == points.tobytes()
    assert again.labels.tobytes() == labels.tobytes()
    assert other.points.tobytes() != points.tobytes()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"n_samples": 1}, "n_samples is 1; expected an integer of at least 2"),
        ({"n_samples": True}, "n_samples is True; expected an integer of at least 2"),
        ({"n_samples": 10.0}, r"n_samples is 10\.0; expected an integer"),
        ({"seed": -1}, "seed is -1; expected an integer from 0 to 4294967295"),
        ({"seed": 2**32}, "seed is 4294967296; expected an integer from 0"),
        ({"seed": None}, "seed is None; expected an integer"),
        ({"noise": -0.1}, r"noise is -0\.1; expected a number of at least 0, such as"),
        ({"noise": float("nan")}, "noise is nan; expected a number"),
        ({"noise": float("inf")}, "noise is inf; expected a number"),
        ({"noise": "0.1"}, r"noise is '0\.1'; expected a number"),
        ({"noise": True}, "noise is True; expected a number"),
    ],
)
def test_other_arguments_are_refused(arguments, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        make_donuts(**arguments)


def test_the_bundled_donuts_are_those_that_are_made():
    made, loaded = make_donuts(), load_donuts()
    np.testing.assert_allclose(loaded.points, made.points, atol=1e-6)
    np.testing.assert_array_equal(loaded.labels, made.labels)
    assert (loaded.points.dtype, loaded.labels.dtype) == (np.float32, np.int64)
    assert all(array.flags.c_contiguous and array.flags.writeable for array in loaded)


def test_the_file_is_what_the_readme_describes_and_can_be_made_again(tmp_path):
    path = places.bundled_file(FILE_NAME).resolve()
    content = path.read_bytes()
    readme = path.with_name("README.md").read_text(encoding="utf-8")
    assert f"| {len(content):,} | `{hashlib.sha256(content).hexdigest()}` |" in readme
    target = tmp_path / "again.csv"
    runpy.run_path(str(path.with_name("make_donuts.py")))["main"](target)
    lines, again = content.splitlines(), target.read_bytes().splitlines()
    assert again[0] == lines[0] == b"x,y,x + y,x - y,label"
    np.testing.assert_allclose(
        np.loadtxt(again[1:], delimiter=","), np.loadtxt(lines[1:], delimiter=","), atol=2e-6
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("", r"its numbers have shape \(999, 5\)"),
        ("0.5,0.5,0.5,1", ""),
        ("0.5,0.5,0.5,half,1", ""),
        ("0.5,0.5,1.5,0.5,1", "some value is out of its range"),
        ("0.5,0.5,-0.5,0.5,1", "some value is out of its range"),
        ("0.5,0.5,nan,0.5,1", "some value is out of its range"),
        ("0.5,0.5,0.5,0.5,2", "some value is out of its range"),
        ("0.5,0.5,0.5,0.5,0.5", "some value is out of its range"),
        ("\xff", ""),
    ],
)
def test_a_damaged_file_is_refused(row, reason, tmp_path, monkeypatch):
    rows = ["x,y,x + y,x - y,label", *["0.5,0.5,0.5,0.5,1"] * 999, row]
    (tmp_path / FILE_NAME).write_text("\n".join(rows), encoding="latin-1")
    monkeypatch.setattr(places, "data_folders", lambda: (tmp_path, tmp_path))
    match = rf"donuts\.csv: damaged \({reason}.*\); expected 1000 rows .* Install autoenc again"
    with pytest.raises(DatasetFormatError, match=match):
        load_donuts()


def test_a_package_without_the_file_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "data_folders", lambda: (tmp_path / "a", tmp_path / "b"))
    with pytest.raises(DatasetNotFoundError) as caught:
        load_donuts()
    assert f"{tmp_path / 'a'}: no donuts.csv" in str(caught.value)
    assert str(caught.value).startswith("donuts.csv, which comes with autoenc, was not found.")


@pytest.mark.parametrize("seed", [4])
def test_two_units_rebuild_four_columns(seed):
    points = load_donuts().points.astype(float)
    W = np.random.default_rng(seed).normal(0, 1 / np.sqrt(4 + 2), (4, 2))
    params, costs = train_reference(
        Parameters(W, np.zeros(2), np.zeros(4)),
        points,
        batch_size=len(points),
        n_epochs=10_000,
        learning_rate=0.1,
        momentum=0.9,
        cost="squared_error",
        output="linear",
    )
    assert costs[0] > 0.2
    assert costs[-1] < 2e-4
    rebuilt = forward(params, points, output="linear").reconstruction
    assert np.abs(rebuilt - points).max() < 0.06
