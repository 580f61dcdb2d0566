import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoenc.datasets import DatasetFormatError
from autoenc.datasets.archives import read_npz


def archive(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


DIGITS = archive(images=np.arange(40, dtype=np.uint8).reshape(10, 4), labels=np.arange(10))


def test_arrays_are_read(tmp_path):
    path = tmp_path / "digits.npz"
    path.write_bytes(DIGITS)
    arrays = read_npz(path)
    assert sorted(arrays) == ["images", "labels"]
    assert (arrays["images"] == np.arange(40).reshape(10, 4)).all()


def test_objects_are_never_read(tmp_path):
    path = tmp_path / "objects.npz"
    path.write_bytes(archive(objects=np.array([print], dtype=object)))
    with pytest.raises(DatasetFormatError, match=r"objects\.npz: .*allow_pickle=False"):
        read_npz(path)


def test_members_that_are_not_arrays_are_refused(tmp_path):
    path = tmp_path / "mixed.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("notes.txt", "hello")
    with pytest.raises(DatasetFormatError, match=r"its member 'notes\.txt' is not an array"):
        read_npz(path)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    path = tmp_path / "bomb.npz"
    path.write_bytes(archive(zeros=np.zeros(2**20, np.uint8)))
    with pytest.raises(DatasetFormatError, match=r"bomb\.npz: .*more than the 1024 allowed"):
        read_npz(path, max_bytes=1024)


def test_a_header_that_promises_too_much_is_refused(tmp_path):
    path = tmp_path / "huge.npz"
    member = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": (2**60,)}
    np.lib.format.write_array_header_1_0(member, header)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", member.getvalue())
    with pytest.raises(DatasetFormatError, match=r"huge\.npz: "):
        read_npz(path)


@given(length=st.integers(0, len(DIGITS) - 1))
def test_a_file_cut_short_is_refused(length, scratch):
    path = scratch / "cut.npz"
    path.write_bytes(DIGITS[:length])
    with pytest.raises(DatasetFormatError, match=r"cut\.npz: "):
        read_npz(path)


@given(position=st.integers(0, len(DIGITS) - 1), flip=st.integers(1, 255))
def test_a_damaged_file_is_read_right_or_refused(position, flip, scratch, outcome):
    content = bytearray(DIGITS)
    content[position] ^= flip
    path = scratch / "damaged.npz"
    path.write_bytes(content)
    result = outcome(read_npz, path)
    if isinstance(result, DatasetFormatError):
        assert str(result).startswith(str(path))
    else:
        # The numbers carry a checksum; a name, a date or an attribute does not.
        assert {int(array.sum()) for array in result.values()} <= {45, 780}
