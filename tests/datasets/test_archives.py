import io
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autoenc.datasets import DatasetFormatError
from autoenc.datasets.archives import read_npz
from torture.promises import ARCHIVES


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


@pytest.mark.parametrize("name", [name for name in ARCHIVES if "records" not in name])
def test_headers_that_promise_too_much_allocate_nothing(name, tmp_path):
    path = tmp_path / "promise.npz"
    path.write_bytes(ARCHIVES[name])
    tracemalloc.start()
    with pytest.raises(DatasetFormatError, match=r"promise\.npz: "):
        read_npz(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "twice.npz"
    with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for numbers in (np.zeros(3), np.ones(3)):
            member = io.BytesIO()
            np.save(member, numbers)
            file.writestr("x.npy", member.getvalue())
    with pytest.raises(DatasetFormatError, match="two of its members have the same name"):
        read_npz(path)


def test_other_ways_of_packing_are_refused(tmp_path):
    path = tmp_path / "lzma.npz"
    member = io.BytesIO()
    np.save(member, np.zeros(100_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("x.npy", member.getvalue())
    with pytest.raises(DatasetFormatError, match="packed in a way NumPy never uses"):
        read_npz(path)


@given(
    arrays=st.dictionaries(
        st.text("abc_/.é", min_size=1, max_size=8).filter(lambda name: name != "file"),
        npst.arrays(npst.scalar_dtypes(), npst.array_shapes(min_dims=0, min_side=0, max_side=5)),
        max_size=4,
    ),
    packed=st.booleans(),
)
def test_any_arrays_come_back(arrays, packed, scratch):
    path = scratch / "any.npz"
    with zipfile.ZipFile(
        path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    ) as file:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, array)
            file.writestr(f"{name}.npy", member.getvalue())
    read = read_npz(path)
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        assert read[name].shape == array.shape
        assert read[name].tobytes() == array.tobytes()
