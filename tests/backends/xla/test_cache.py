"""XLA's compiled code is cached for later processes."""

import os
import subprocess
import sys

CODE = """
import sys
import jax
if len(sys.argv) > 1:
    jax.config.update("jax_compilation_cache_dir", sys.argv[1])
from autoenc import AutoEncoder, load_mnist
model = AutoEncoder(16, n_epochs=2, random_state=0, backend="xla", device="cpu", verbose=False)
model.fit(load_mnist(sample=True).train.images[:100])
print(model.W_.tobytes().hex(), jax.config.jax_compilation_cache_dir)
"""


def run(cache, *arguments, warnings="error"):
    result = subprocess.run(
        [sys.executable, "-W", warnings, "-c", CODE, *arguments],
        capture_output=True, text=True, check=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    )  # fmt: skip
    return result.stdout.split()


def entries(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*-cache")}


def test_a_second_process_finds_it_and_computes_the_same(tmp_path):
    first = run(tmp_path)
    written = entries(tmp_path / "autoenc")
    assert written
    assert run(tmp_path) == first
    # Another program may have taken long enough to be kept, too.
    assert entries(tmp_path / "autoenc").items() >= written.items()


def test_a_damaged_entry_is_compiled_anew(tmp_path):
    first = run(tmp_path)
    for path in (tmp_path / "autoenc").rglob("*-cache"):
        path.write_bytes(path.read_bytes()[:100])
    assert run(tmp_path, warnings="default") == first


def test_a_folder_that_the_user_has_chosen_is_used(tmp_path):
    chosen = tmp_path / "chosen"
    assert run(tmp_path, str(chosen))[1] == str(chosen)
    assert not (tmp_path / "autoenc").exists()
