"""Short versions of the programs in `torture/`."""

import gc
import random
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoenc.backends import BACKENDS
from torture import faults, meanings, sharing
from torture.files import damaged, fuzz
from torture.formats import formats
from torture.mutations import MUTATIONS, mutated

FORMATS = formats()


@pytest.fixture(autouse=True, scope="module")
def _nothing_to_collect():
    """Python looks again and again at what other tests have left: a second at times."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_damaged_files_are_read_right_or_refused(kind, tmp_path):
    tally = fuzz(kind, damaged(kind, n_mutations=300, n_cuts=50, seed=20081), tmp_path)
    assert tally.violations == []
    assert tally.outcomes["refused"] > 100
    assert tally.outcomes.total() == 350 + kind.header


@given(kind=st.sampled_from(FORMATS), start=st.integers(0, 2**16), junk=st.binary(max_size=40))
def test_junk_anywhere_is_read_right_or_refused(kind, start, junk, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    start %= len(kind.content) + 1
    overwritten = kind.content[:start] + junk + kind.content[start + len(junk) :]
    inserted = kind.content[:start] + junk + kind.content[start:]
    assert fuzz(kind, [overwritten, inserted, junk], folder).violations == []


def test_a_reader_that_breaks_its_promise_is_noticed(tmp_path):
    def read(path):
        if path.read_bytes() == b"long":
            # What counts is what a process has had at most, which may be much by now.
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            bytearray(b"x") * (peak + 300_000_000)
        if path.read_bytes() == b"bad":
            raise KeyError("surprise")
        if path.read_bytes() == b"nameless":
            raise ValueError("damaged")
        return path.read_bytes()

    kind = FORMATS[0]._replace(content=b"good", checked=True, read=read, error=ValueError)
    tally = fuzz(kind, [b"good", b"bad", b"nameless", b"other", b"long"], tmp_path)
    assert tally.outcomes == {"same": 1, "violation": 4}
    assert [violation.split(":")[0] for violation in tally.violations[:2]] == [
        "KeyError",
        "an error without the path",
    ]
    assert "MB of memory" in tally.violations[3]


def test_mutations_damage_and_can_be_repeated():
    content = bytes(range(256))
    runs = [[mutated(content, random.Random(seed)) for seed in range(200)] for _ in range(2)]
    assert runs[0] == runs[1]
    assert sum(changed != content for changed in runs[0]) > 150
    for mutate in MUTATIONS:
        changed = bytearray(content)
        mutate(changed, random.Random(1))
        assert changed != content


def test_changed_meanings_are_refused_or_right(tmp_path):
    counts, violations = meanings.torture(120, seed=20081, folder=tmp_path)
    assert violations == []
    assert counts["refused"] > 40
    assert counts["read"] > 8


def test_a_reader_that_believes_a_file_is_noticed(tmp_path, monkeypatch):
    """Without the schema, the readers disagree, raise other errors, or lose the meaning."""
    monkeypatch.setattr("autoenc.models.model_files.check_model", lambda *_: None)
    _, violations = meanings.torture(60, seed=1, folder=tmp_path)
    assert len(violations) > 20


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_children_and_batches_share_a_model(backend):
    found = sharing.shared(backend, "float32")
    assert sharing.in_threads(found, n_threads=16, n_calls=30) == []
    assert sharing.in_splits(found, n_splits=200) == []
    assert sharing.in_a_child(found) == []


def test_a_wrong_byte_is_noticed():
    found = sharing.shared("c", "float32")
    for array in found.expected.values():
        array[7] += 1
    assert sharing.in_threads(found, n_threads=2, n_calls=50) != []
    assert len(sharing.in_splits(found, n_splits=3)) == 3
    assert len(sharing.in_a_child(found)) == 3


def test_a_process_does_without_a_cache(tmp_path):
    found = faults.outcomes("cache absent", "xla", tmp_path)
    assert found == dict.fromkeys([*faults.STAGES, "command"], "works")


def test_a_process_that_dies_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(
        faults, "LIBRARY", "import os; print('fit: works', flush=True); os.abort()"
    )
    found = faults.outcomes("TMPDIR absent", "xla", tmp_path)
    assert found["fit"] == "works"
    assert found["save"].startswith("VIOLATION: ends with -6")
