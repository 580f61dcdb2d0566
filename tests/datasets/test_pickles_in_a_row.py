"""Several pickles in one file, as scripts saved W, then each bias."""

import gzip
import io
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoenc.datasets import DatasetFormatError, pickles, read_pickle, read_pickles
from tests.datasets.test_pickles import GOOD
from torture.hostile import MALFORMED, OPCODES

# What Python 2.7 with NumPy 1.16 wrote, by cPickle: a matrix, a vector whose bytes are
# those of a quote, a backslash and a newline, and a number.
PYTHON2 = {
    0: (
        b"cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntS'b'\ntRp3\n"
        b"(I1\n(I2\nI3\ntcnumpy\ndtype\np4\n(S'f4'\nI0\nI1\ntRp5\n"
        b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\n"
        rb"S'\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@'"
        b"\ntb."
        b"cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntS'b'\ntRp3\n"
        b"(I1\n(I3\ntcnumpy\ndtype\np4\n(S'u1'\nI0\nI1\ntRp5\n"
        b"(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\n"
        rb'''S"'\\\n"'''
        b"\ntb."
        b"cnumpy.core.multiarray\nscalar\np1\n(cnumpy\ndtype\np2\n(S'f8'\nI0\nI1\ntRp3\n"
        b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb" + rb"S'\x00\x00\x00\x00\x00\x00\xe0?'" + b"\ntRp4\n."
    ),
    2: (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b"
        b"\x87Rq\x03(K\x01K\x02K\x03\x86cnumpy\ndtype\nq\x04U\x02f4K\x00K\x01\x87Rq\x05"
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"U\x18\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@tb."
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b"
        b"\x87Rq\x03(K\x01K\x03\x85cnumpy\ndtype\nq\x04U\x02u1K\x00K\x01\x87Rq\x05"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x03'\\\ntb."
        b"\x80\x02cnumpy.core.multiarray\nscalar\nq\x01cnumpy\ndtype\nq\x02U\x02f8K\x00K\x01\x87R"
        b"q\x03(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"U\x08\x00\x00\x00\x00\x00\x00\xe0?\x86Rq\x04."
    ),
}
MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)
PARAMETERS = (MATRIX, np.arange(3.0), np.zeros(2, np.float32))


def write(folder, content, packed=False):
    path = folder / ("several.pkl.gz" if packed else "several.pkl")
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    return path


def refused(content, folder, match):
    for packed in (False, True):
        path = write(folder, content, packed)
        with pytest.raises(DatasetFormatError, match=match) as caught:
            read_pickles(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("protocol", PYTHON2)
def test_what_python_2_wrote_comes_back(protocol, packed, tmp_path):
    matrix, vector, number = read_pickles(write(tmp_path, PYTHON2[protocol], packed))
    assert (matrix.dtype, vector.dtype) == (np.float32, np.uint8)
    np.testing.assert_array_equal(matrix, MATRIX)
    assert bytes(vector) == b"'\\\n"
    assert matrix.flags.writeable
    assert vector.flags.writeable
    assert number == 0.5


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("protocol", range(6))
def test_parameters_come_back_in_order(protocol, packed, tmp_path):
    content = b"".join(pickle.dumps(array, protocol) for array in PARAMETERS)
    read = read_pickles(write(tmp_path, content, packed))
    for got, expected in zip(read, PARAMETERS, strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


def test_protocols_may_be_mixed_and_values_be_plain(tmp_path):
    values = [0.1, [1, (2.5, None)], {"a": True}, np.float32(1.5), 2**70, "é", float("inf")]
    content = b"".join(pickle.dumps(value, n % 6) for n, value in enumerate(values))
    assert read_pickles(write(tmp_path, content)) == values


def test_one_pickle_is_a_list_of_one(tmp_path):
    (only,) = read_pickles(write(tmp_path, pickle.dumps(MATRIX)))
    np.testing.assert_array_equal(only, MATRIX)


def test_read_pickle_refuses_several_and_names_the_other(tmp_path):
    path = write(tmp_path, pickle.dumps(1) * 2)
    with pytest.raises(DatasetFormatError, match="more data after its end; read_pickles reads"):
        read_pickle(path)


@pytest.mark.parametrize("n_good", [0, 1, 3])
@pytest.mark.parametrize("name", [name for name in OPCODES if name != "a second pickle"])
def test_hostile_pickles_are_refused_wherever_they_are(name, n_good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, message = OPCODES[name]
    match = f"several.*: pickle {n_good + 1} of the file: refused, as .*{message}"
    refused(GOOD * n_good + content + GOOD, tmp_path, match)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", [name for name in MALFORMED if name != "empty"])
def test_what_follows_and_is_no_pickle_is_refused(name, tmp_path, monkeypatch):
    # The limits themselves are tested on single pickles.
    monkeypatch.setattr(pickles, "MAX_OPCODES", 10_000)
    tracemalloc.start()
    refused(GOOD + MALFORMED[name], tmp_path, "several.*: pickle 2 of the file: ")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(MALFORMED[name]) + 100_000_000


@pytest.mark.parametrize("junk", [b"\0", b"\n", b" ", b"\0" * 512, b"W, b1, b2\n", GOOD[:-1]])
def test_trailing_junk_is_refused(junk, tmp_path):
    refused(GOOD * 2 + junk, tmp_path, "pickle 3 of the file: not a pickle of NumPy arrays, or")


def test_an_empty_file_is_refused(tmp_path):
    refused(b"", tmp_path, "pickle 1 of the file: not a pickle .*the file ends")


def test_what_hides_in_a_frame_after_the_end_is_refused(tmp_path):
    framed = bytearray(pickle.dumps("x" * 20, 4))
    hidden = b"cos\nsystem\n."
    framed[3:11] = (int.from_bytes(framed[3:11], "little") + len(hidden)).to_bytes(8, "little")
    path = write(tmp_path, bytes(framed) + hidden)
    for read in (read_pickle, read_pickles):
        with pytest.raises(DatasetFormatError, match="more data in its last frame after its end"):
            read(path)


def test_no_pickle_sees_what_another_remembers(tmp_path):
    refused(b"K\x01q\x00." + b"h\x00.", tmp_path, "pickle 2 of the file: not a pickle")
    file = io.BytesIO()
    shared = pickle.Pickler(file, 2)
    for _ in range(2):
        shared.dump(MATRIX)
    refused(file.getvalue(), tmp_path, "pickle 2 of the file: ")


def test_the_limit_is_that_of_all_pickles_together(tmp_path):
    content = pickle.dumps(np.zeros(1000)) * 3
    for packed in (False, True):
        path = write(tmp_path, content, packed)
        assert len(read_pickles(path, max_bytes=len(content))) == 3
        with pytest.raises(DatasetFormatError, match=r"pickle 3 of the file: .* bytes allowed"):
            read_pickles(path, max_bytes=len(content) - 1)


def test_there_may_be_only_so_many(tmp_path, monkeypatch):
    monkeypatch.setattr(pickles, "MAX_PICKLES", 3)
    assert read_pickles(write(tmp_path, b"N." * 3)) == [None] * 3
    refused(b"N." * 4, tmp_path, "pickle 4 of the file: refused, as it is one more than the 3 all")


def test_a_wrong_gzip_checksum_is_noticed(tmp_path):
    content = bytearray(gzip.compress(GOOD * 2))
    content[-8] ^= 1
    path = tmp_path / "several.pkl.gz"
    path.write_bytes(content)
    with pytest.raises(DatasetFormatError, match=r"several\.pkl\.gz: .*damaged"):
        read_pickles(path)


@given(
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=5),
    protocol=st.integers(0, 5),
    packed=st.booleans(),
)
def test_any_number_of_arrays_comes_back(lengths, protocol, packed, scratch):
    arrays = [np.arange(length, dtype=np.float32) for length in lengths]
    content = b"".join(pickle.dumps(array, protocol) for array in arrays)
    read = read_pickles(write(scratch, content, packed))
    assert [array.tolist() for array in read] == [array.tolist() for array in arrays]


@settings(max_examples=200)
@given(position=st.integers(0, 2 * len(GOOD) - 1), byte=st.integers(0, 255))
def test_damaged_pickles_are_read_or_refused(position, byte, scratch, outcome):
    content = bytearray(GOOD * 2)
    content[position] = byte
    path = write(scratch, bytes(content))
    result = outcome(read_pickles, path)
    assert not isinstance(result, DatasetFormatError) or str(result).startswith(str(path))


@given(length=st.integers(0, 2 * len(GOOD) - 1).filter(lambda length: length != len(GOOD)))
def test_pickles_cut_short_are_refused(length, scratch):
    path = write(scratch, (GOOD * 2)[:length])
    with pytest.raises(DatasetFormatError, match=r"several\.pkl: pickle [12] of the file: "):
        read_pickles(path)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        read_pickles(tmp_path / "absent.pkl")
