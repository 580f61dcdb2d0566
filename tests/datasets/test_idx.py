import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autoenc.datasets import DatasetFormatError
from autoenc.datasets.idx import read_idx
from torture.promises import IDX

DTYPES = ["u1", "i1", "i2", "i4", "f4", "f8"]
ARRAYS = npst.arrays(
    st.sampled_from(DTYPES),
    npst.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5),
)
DIGITS = np.arange(12, dtype=np.uint8).reshape(3, 4)


@given(array=ARRAYS, packed=st.booleans())
def test_what_is_written_is_read(array, packed, scratch, encode_idx):
    content = encode_idx(array)
    path = scratch / "array"
    path.write_bytes(gzip.compress(content) if packed else content)
    read = read_idx(path)
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    assert read.tobytes() == array.tobytes()
    assert read.shape == array.shape
    assert read.flags.c_contiguous
    assert read.flags.writeable


@given(array=ARRAYS, packed=st.booleans(), data=st.data())
def test_a_file_of_another_length_is_refused(array, packed, data, scratch, encode_idx):
    content = encode_idx(array)
    length = data.draw(st.integers(0, len(content) + 3).filter(lambda n: n != len(content)))
    content = (content + b"\0\0\0")[:length]
    path = scratch / "array"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DatasetFormatError, match=r"^/.*array: "):
        read_idx(path)


@given(data=st.data())
def test_cut_short_or_damaged_gzip_is_refused(data, scratch, encode_idx):
    content = gzip.compress(encode_idx(DIGITS), mtime=0)
    length = data.draw(st.integers(1, len(content) - 1))
    path = scratch / "array.gz"
    path.write_bytes(content[:length])
    with pytest.raises(DatasetFormatError, match=r"array\.gz: "):
        read_idx(path)


def test_a_wrong_gzip_checksum_is_noticed(tmp_path, encode_idx):
    content = bytearray(gzip.compress(encode_idx(DIGITS)))
    content[-8] ^= 1
    path = tmp_path / "array.gz"
    path.write_bytes(content)
    with pytest.raises(DatasetFormatError, match=r"array\.gz: the gzip data is damaged.*CRC"):
        read_idx(path)


@given(junk=st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(junk, scratch, outcome):
    path = scratch / "junk"
    path.write_bytes(junk)
    result = outcome(read_idx, path)
    assert not isinstance(result, DatasetFormatError) or str(result).startswith(str(path))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "sizes",
    [(2**20, 2**20, 2**20), (2**32 - 1, 2**28), (2**32 - 1,) * 32, (0, *(2**32 - 1,) * 3)],
)
def test_a_header_that_promises_too_much_allocates_nothing(sizes, packed, tmp_path):
    content = struct.pack(f">BBBB{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + bytes(16)
    path = tmp_path / "huge"
    path.write_bytes(gzip.compress(content) if packed else content)
    tracemalloc.start()
    with pytest.raises(DatasetFormatError, match=r"huge: the IDX header promises \d+ bytes"):
        read_idx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_the_most_compressible_file_is_read(tmp_path, encode_idx):
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(encode_idx(np.zeros((1000, 28, 280), np.uint8)), 9))
    assert not read_idx(path).any()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file: it begins with b''"),
        (b"PK\x03\x04", "not an IDX file"),
        (b"\0\0\x0a\x01\0\0\0\0", "not an IDX file"),
        (b"\0\0\x08\x00", "promises 0 dimensions; expected 1 to 32"),
        (b"\0\0\x08\xff", "promises 255 dimensions"),
        (b"\0\0\x08\x02\0\0\0\x01", "ends within its IDX header"),
    ],
)
def test_a_wrong_header_is_refused(content, message, tmp_path):
    path = tmp_path / "wrong"
    path.write_bytes(content)
    with pytest.raises(DatasetFormatError, match=message):
        read_idx(path)


def test_another_shape_than_asked_for_is_refused(tmp_path, encode_idx):
    path = tmp_path / "digits"
    path.write_bytes(encode_idx(DIGITS))
    assert (read_idx(str(path), shape=(3, 4)) == DIGITS).all()
    with pytest.raises(DatasetFormatError, match=r"shape \(3, 4\); expected \(4, 3\)"):
        read_idx(path, shape=(4, 3))


@pytest.mark.parametrize("name", IDX)
def test_what_might_be_there_and_is_not_allocates_nothing(name, tmp_path):
    path = tmp_path / "promise"
    path.write_bytes(IDX[name])
    tracemalloc.start()
    with pytest.raises(DatasetFormatError, match="promise: "):
        read_idx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**23
