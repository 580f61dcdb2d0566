"""Rows that several processes read together have the same bytes as with one process."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autoenc.processes import PeerError
from autoenc.sources import Source, SourceError, open_source, source, spooled, summarize, summary
from autoenc.sources.npy import read_npz


class Team:
    """Threads in the place of processes."""

    def __init__(self, n):
        self.count, self.passed, self.barrier = n, [None] * n, threading.Barrier(n, timeout=20)

    def exchange(self, rank, value):
        self.passed[rank] = value
        self.barrier.wait()
        found = list(self.passed)
        self.barrier.wait()
        return found

    def run(self, program):
        """Return what a function of a member returns, or the error that it raises, for each."""

        def outcome(rank):
            try:
                return program(Member(self, rank))
            except (SourceError, PeerError) as error:
                return error

        with ThreadPoolExecutor(self.count) as pool:
            return list(pool.map(outcome, range(self.count)))


class Member:
    def __init__(self, team, rank):
        self.team, self.rank, self.count = team, rank, team.count

    def gather(self, values):
        return np.array(self.team.exchange(self.rank, np.asarray(values, "float64")))

    def summed(self, array):
        passed = self.team.exchange(self.rank, array.tobytes())
        total = sum(np.frombuffer(row, np.uint8) for row in passed).astype("uint8")
        return total.view(array.dtype).reshape(array.shape)

    def from_first(self, action):
        return self.team.exchange(self.rank, action() if self.rank == 0 else None)[0]

    def in_each(self, action):
        try:
            result, error = action(), None
        except SourceError as raised:
            result, error = None, raised
        errors = self.team.exchange(self.rank, error)
        if error is not None:
            raise error
        if any(errors):
            raise PeerError(str(next(filter(None, errors))))
        return result


class Counting:
    def __init__(self, reader, piece=1):
        self._reader, self.piece, self.n_rows, self.pieces = reader, piece, 0, set()
        self.shape, self.dtype, self.files = reader.shape, reader.dtype, reader.files

    def read_into(self, first, out):
        if len(out) > 1:  # others are samples
            self.n_rows += len(out)
            self.pieces |= set(range(first // self.piece, -(-(first + len(out)) // self.piece)))
        self._reader.read_into(first, out)

    def settle(self):
        self._reader.settle()


ROWS = np.random.default_rng(0).normal(size=(1000, 3))


@pytest.fixture(autouse=True)
def small_exchanges(monkeypatch):
    monkeypatch.setattr(source, "BYTES_OF_AN_EXCHANGE", 240 * 3 * 8)


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:, 0].copy(), ROWS[:7], (ROWS * 9).astype("int16")])
@pytest.mark.parametrize("n_rows", [None, 60, 1])
def test_all_get_the_parts_of_one_and_read_their_share(n, rows, n_rows):
    expected = list(open_source(rows).parts(n_rows))

    def program(member):
        reader = Counting(open_source(rows).reader)
        return reader, list(Source(reader, "rows").read_by(member).parts(n_rows))

    found = Team(n).run(program)
    for _, parts in found:
        assert [part.tobytes() for part in parts] == [part.tobytes() for part in expected]
        assert {part.dtype for part in parts} == {rows.dtype}
    n_read = [reader.n_rows for reader, _ in found]
    if len(rows) > 100:
        assert sum(n_read) == len(rows)
        assert max(n_read) - min(n_read) <= 10 * n


def test_what_is_decoded_together_is_decoded_by_one():
    def program(member):
        reader = Counting(open_source(ROWS).reader, piece=100)
        for _ in Source(reader, "rows").read_by(member).parts(50):
            pass
        return reader.pieces

    one, other = Team(2).run(program)
    assert not one & other
    assert one | other == set(range(10))


@pytest.mark.parametrize("n", [2, 3])
def test_a_summary_has_the_bytes_of_one(n):
    strange = ROWS.copy()
    strange[700, 1], strange[900, 2] = np.nan, np.inf
    for rows in (ROWS, strange, ROWS.astype("float32")):
        expected = summarize(open_source(rows))
        for found in Team(n).run(lambda m, rows=rows: summarize(open_source(rows).read_by(m))):
            for name, value in vars(expected).items():
                np.testing.assert_array_equal(getattr(found, name), value)


def test_a_summary_that_the_first_remembers_is_that_of_all(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(summary, "REMEMBERED_BYTES", 0)
    np.save(tmp_path / "0.npy", ROWS)
    np.save(tmp_path / "1.npy", ROWS)
    expected = summarize(open_source(tmp_path / "0.npy"))
    monkeypatch.setattr(summary, "summarize_rows", lambda source: pytest.fail("looked again"))
    found = Team(2).run(lambda m: summarize(open_source(tmp_path / f"{m.rank}.npy").read_by(m)))
    for one in found:
        np.testing.assert_array_equal(one.mean, expected.mean)


def test_functions_selections_and_casts_are_read_together():
    numbers = np.arange(0, 1000, 3)

    def program(member):
        reader = Counting(open_source(ROWS).reader)
        some = Source(reader, "rows").read_by(member).take(numbers).astype("float32")
        mapped = some.mapped(lambda rows: rows * 2, "float32")
        assert mapped.processes is member
        return reader.n_rows, np.concatenate(list(mapped.parts(20)))

    expected = (ROWS[numbers] * 2).astype("float32")
    for n_rows, found in Team(2).run(program):
        np.testing.assert_array_equal(found, expected)
        assert n_rows < 600


@pytest.mark.parametrize("others", [ROWS[:-1], ROWS[:, :2], ROWS.astype("float32")])
def test_other_data_in_a_process_is_refused_in_all(others):
    found = Team(2).run(lambda m: open_source([ROWS, others][m.rank]).read_by(m))
    assert all("differs between processes, which have (1,000, 3) and" in str(one) for one in found)


def test_a_file_that_one_cannot_read_is_an_error_in_all(tmp_path):
    def program(member):
        path = tmp_path / f"{member.rank}.npy"
        np.save(path, ROWS)
        shared = open_source(path).read_by(member)
        if member.rank:
            path.write_bytes(path.read_bytes()[:5000])
        return list(shared.parts(60))

    first, second = Team(2).run(program)
    assert isinstance(second, SourceError)
    assert "1.npy ends at byte 5,000" in str(second)
    assert isinstance(first, PeerError)
    assert str(first) == str(second)


def test_a_copy_of_rows_that_are_read_in_order_is_made_together(tmp_path):
    """Of a compressed array one decompresses, and the others get its rows."""
    np.savez_compressed(tmp_path / "rows.npz", rows=ROWS)

    def program(member):
        reader = Counting(read_npz(tmp_path / "rows.npz", None), piece=len(ROWS))
        copied = spooled(Source(reader, "rows").read_by(member))[:]
        return reader.n_rows, copied

    found = Team(2).run(program)
    assert [n_rows for n_rows, _ in found] == [1000, 0]
    for _, copied in found:
        np.testing.assert_array_equal(copied, ROWS)
