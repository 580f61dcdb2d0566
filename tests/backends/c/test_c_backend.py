"""The C backend's compiler flags are fast and preserve NaN."""

import gc
import os
import shutil
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from autoenc.backends import BackendError, resolve_backend
from autoenc.backends.c import c_backend as c
from autoenc.backends.c.library import kernels
from autoenc.configuration import Settings


@pytest.fixture(scope="module")
def cost():
    """Sums of softplus and of exp, compiled with the vector flags."""
    x = pt.matrix("x")
    return resolve_backend("c", "cpu").function([x], (pt.softplus(x) + pt.exp(-x)).sum())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_flags_do_not_hide_what_is_not_finite(cost, bad):
    x = np.ones((40, 40), dtype="float32")
    assert np.isfinite(cost(x))
    x[17, 3] = bad
    assert not np.isfinite(cost(x))


def test_flags_do_not_do_away_with_asking_for_nan_and_infinity():
    x = pt.matrix("x")
    count = resolve_backend("c", "cpu").function([x], pt.isnan(x).sum() + 10 * pt.isinf(x).sum())
    bad = np.ones((40, 40), dtype="float32")
    bad[17, 3], bad[5, 5] = np.nan, np.inf
    assert count(bad) == 11


def test_flags_leave_the_floating_point_state_of_the_process_alone(cost):
    cost(np.ones((4, 4), dtype="float32"))
    # -ffast-math would have set "flush to zero" for everybody when the module was loaded.
    assert np.float32(1e-40) * np.float32(1) > 0


def test_pytensors_own_flags_are_as_before(cost):
    assert pytensor.config.gcc__cxxflags == ""


def test_without_a_compiler(monkeypatch):
    monkeypatch.setattr(pytensor.config, "cxx", "")
    with pytest.raises(BackendError, match=r"there is no C\+\+ compiler \(Debian: apt install g"):
        c.CBackend(Settings())


def test_without_a_blas(monkeypatch):
    monkeypatch.setattr(c, "find_blas", lambda: None)
    with pytest.raises(BackendError, match="needs a BLAS, but none was found; pip install mkl"):
        c.CBackend(Settings())


def test_the_users_blas_and_flags_are_honoured():
    settings = Settings(blas__ldflags="-lmine", gcc__cxxflags="-O1")
    backend = c.CBackend(settings)
    with backend._flags():
        assert pytensor.config.blas__ldflags == "-lmine"
        assert pytensor.config.gcc__cxxflags == "-O1"


THREADS = """
from concurrent.futures import ThreadPoolExecutor
import numpy as np, pytensor.tensor as pt
from autoenc.backends import resolve_backend
backend = resolve_backend("c", "cpu")
a = np.full((3, 4), 2.0, "float32")

def compile_and_call(power):
    x = pt.matrix("x")
    return float(backend.function([x], (x**power).sum())(a))

with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(compile_and_call, [1, 2, 1, 2, 1, 2])))
"""


def test_threads_may_compile_at_once(tmp_path):
    # A folder without modules of PyTensor; to compile the kernels as well takes 20 seconds.
    if library := kernels():
        folder = Path(library._name).parent
        shutil.copytree(folder, tmp_path / "autoenc" / folder.name)
    run = subprocess.run(
        [sys.executable, "-c", THREADS],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[24.0, 48.0, 24.0, 48.0, 24.0, 48.0]\n"


def test_rows_are_not_kept_alive_by_a_function():
    x = pt.matrix("x")
    function = c.CBackend(Settings()).function([x], pt.dot(x.T, x))
    rows = np.ones((5, 3), "float32")
    assert (function(rows) == 5).all()
    alive = weakref.ref(rows)
    del rows
    gc.collect()
    assert alive() is None
