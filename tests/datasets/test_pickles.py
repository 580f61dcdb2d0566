import copyreg
import gzip
import os
import pickle
import re
import struct
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autoenc.datasets import DatasetFormatError, load_mnist
from autoenc.datasets.pickles import read_pickle, read_pickles
from torture.hostile import CALLS, EXECUTING, EXTENSION, MALFORMED, OPCODES


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """The file that hostile pickles would make; none may."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "ran"
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def extension():
    """os.system as an extension, also in the cache that unpicklers take it from unasked."""
    copyreg.add_extension("posix", "system", EXTENSION)
    pickle.loads(b"\x80\x02\x82\xf1.")
    yield
    copyreg.remove_extension("posix", "system", EXTENSION)
    copyreg.clear_extension_cache()


def written(folder, content: bytes):
    path = folder / "some.pkl"
    path.write_bytes(content)
    return path


def refused(content: bytes, folder, match: str) -> None:
    path = folder / "hostile.pkl"
    for form in (content, gzip.compress(content, 1)):
        path.write_bytes(form)
        with pytest.raises(DatasetFormatError, match=match) as caught:
            read_pickle(path)
        assert str(caught.value).startswith(str(path))
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", CALLS)
def test_calls_are_refused_by_name(name, protocol, tmp_path, marker):
    function = CALLS[name].call[0]
    module = function.__module__ or "numpy"
    match = r"refused, as it asks for \S*" + function.__name__
    assert module.split(".")[0] in ("posix", "nt", "builtins", "io", "_io", "subprocess", "numpy")
    refused(pickle.dumps(CALLS[name], protocol), tmp_path, match)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("place", ["tuple", "dict", "object array", "record array", "after"])
def test_calls_are_refused_wherever_they_hide(place, protocol, tmp_path, marker):
    call = CALLS["os.system"]
    hidden = {
        "tuple": (np.zeros(3), [(call,)]),
        "dict": {"train": {call: 1}},
        "object array": np.array([1, call], dtype=object),
        "record array": np.array([(1, call)], dtype=[("a", "i4"), ("b", "O")]),
        "after": [np.zeros(3), np.ones(2), call],
    }[place]
    refused(pickle.dumps(hidden, protocol), tmp_path, "refused, as it asks for ")


@pytest.mark.parametrize("name", OPCODES)
def test_what_no_array_needs_is_refused(name, tmp_path, marker, extension):
    content, message = OPCODES[name]
    refused(content, tmp_path, "refused, as .*" + message)


def test_refusing_leaves_no_trace(tmp_path, marker, extension):
    for content, _ in OPCODES.values():
        refused(content, tmp_path, "refused")
    path = tmp_path / "good.pkl"
    path.write_bytes(pickle.dumps(np.arange(3), 2))
    assert read_pickle(path).tolist() == [0, 1, 2]
    assert pickle.loads(path.read_bytes()).tolist() == [0, 1, 2]


CONTROL = f"""
import copyreg, pickle, sys
copyreg.add_extension("posix", "system", {EXTENSION})
sys.path.insert(0, "")
try:
    pickle.load(open(sys.argv[1], "rb"))
except Exception as error:
    print(error)
"""


def test_what_is_refused_would_run(tmp_path):
    # Else the other tests show nothing.
    for number, (content, _) in enumerate(EXECUTING.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "hostile.pkl").write_bytes(content)
        (folder / "beside.py").write_text("open('ran', 'w').close()")
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    harmless = []
    for number, name in enumerate(EXECUTING):
        command = [sys.executable, "-c", CONTROL, "hostile.pkl"]
        subprocess.run(command, cwd=tmp_path / str(number), env=environment, check=True)
        if not (tmp_path / str(number) / "ran").exists():
            harmless.append(name)
    assert harmless == []


@pytest.mark.parametrize("read", [read_pickle, read_pickles, load_mnist])
@pytest.mark.parametrize("name", EXECUTING)
def test_no_reader_runs_anything(name, read, tmp_path, marker, extension):
    content, message = EXECUTING[name]
    (tmp_path / "beside.py").write_text("open('ran', 'w').close()")
    for file_name, form in (("mnist.pkl", content), ("mnist.pkl.gz", gzip.compress(content))):
        path = tmp_path / file_name
        path.write_bytes(form)
        with pytest.raises(DatasetFormatError, match="refused, as") as caught:
            read(path)
        assert str(caught.value).startswith(str(path))
        assert re.search(message, str(caught.value))


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_pickles_are_refused_and_cheap(name, tmp_path):
    path = tmp_path / "hostile.pkl"
    path.write_bytes(MALFORMED[name])
    tracemalloc.start()
    with pytest.raises(DatasetFormatError, match=r"hostile\.pkl: ") as caught:
        read_pickle(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(str(caught.value)) < 1000
    assert peak < len(MALFORMED[name]) + 100_000_000


def test_small_files_that_unpack_to_a_million_steps_are_refused_in_time(tmp_path):
    for opcode in (b"N", b"]", b"]\x94", b"K\x01q\x00"):
        start = time.process_time()
        with pytest.raises(DatasetFormatError, match=r"more than the \d+ (opcodes|arrays)"):
            read_pickle(written(tmp_path, gzip.compress(b"(" + opcode * 1_000_000 + b"t.", 1)))
        assert time.process_time() - start < 20


def test_there_may_be_only_so_many_lists(tmp_path):
    with pytest.raises(DatasetFormatError, match="more than the 50000 arrays and lists"):
        read_pickle(written(tmp_path, b"(" + b"]" * 50_001 + b"t."))


def test_a_matrix_as_a_list_of_lists_is_read(tmp_path):
    rows = np.random.default_rng(0).random((784, 500)).tolist()
    assert read_pickle(written(tmp_path, pickle.dumps(rows))) == rows


def test_keys_may_be_tuples_of_plain_values(tmp_path):
    named = {("W", 1): np.arange(3), "b": 2}
    assert list(read_pickle(written(tmp_path, pickle.dumps(named)))) == [("W", 1), "b"]


@pytest.mark.parametrize("opcode", [b"\x80\x04\x8e", b"\x80\x05\x96", b"\x80\x04\x95"])
def test_a_pickle_that_promises_too_much_allocates_nothing(opcode, tmp_path):
    tracemalloc.start()
    refused(opcode + struct.pack("<Q", 2**60), tmp_path, "more than the 1073741824 bytes allowed")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_the_limit_counts_what_is_unpacked(tmp_path):
    path = tmp_path / "zeros.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps(np.zeros(2**20))))
    assert read_pickle(path).nbytes == 2**23
    with pytest.raises(DatasetFormatError, match="more than the 1000000 bytes allowed"):
        read_pickle(path, max_bytes=1_000_000)


@given(
    array=npst.arrays(
        st.sampled_from(["?", "u1", "i2", ">i4", "i8", "f2", "f4", ">f8", "c8"]),
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    protocol=st.integers(0, 5),
    order=st.sampled_from("CF"),
)
def test_arrays_come_back(array, protocol, order, scratch):
    array = np.asarray(array, order=order)
    path = scratch / "array.pkl"
    path.write_bytes(
        pickle.dumps({"a": [array, array], "b": (array.T.copy(), 1.5, None)}, protocol)
    )
    read = read_pickle(path)
    assert read["a"][0] is read["a"][1]
    for got, expected in ((read["a"][0], array), (read["b"][0], array.T)):
        assert type(got) is np.ndarray
        assert got.dtype == expected.dtype.newbyteorder("=")
        assert got.shape == expected.shape
        np.testing.assert_array_equal(got, expected)
        assert got.flags.writeable
    assert read["b"][1:] == (1.5, None)


def test_transposed_arrays_come_back(tmp_path):
    array = np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2)
    path = tmp_path / "array.pkl"
    for protocol in range(6):
        path.write_bytes(pickle.dumps(array, protocol))
        np.testing.assert_array_equal(read_pickle(path), array)


def test_large_arrays_own_what_they_hold(tmp_path):
    path = tmp_path / "array.pkl"
    for protocol in range(6):
        path.write_bytes(pickle.dumps([np.zeros(5000), np.zeros(5000)], protocol))
        first, second = read_pickle(path)
        first += 1
        assert not second.any()


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("scalar", [np.float32(1.5), np.int64(-3), np.bool_(True)])
def test_scalars_come_back(scalar, protocol, tmp_path):
    path = tmp_path / "scalar.pkl"
    path.write_bytes(pickle.dumps(scalar, protocol))
    assert read_pickle(path) == scalar


def test_old_names_of_numpy_are_known(tmp_path):
    path = tmp_path / "array.pkl"
    content = pickle.dumps(np.arange(3), 2)
    assert b"cnumpy._core.multiarray" in content or b"cnumpy.core.multiarray" in content
    for core in (b"cnumpy._core.", b"cnumpy.core."):
        path.write_bytes(content.replace(b"cnumpy._core.", core))
        assert read_pickle(path).tolist() == [0, 1, 2]


GOOD = pickle.dumps((np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(2)), 2)


@settings(max_examples=300)
@given(content=st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(content, scratch, outcome):
    path = scratch / "junk.pkl"
    path.write_bytes(content)
    result = outcome(read_pickle, path)
    assert not isinstance(result, DatasetFormatError) or str(result).startswith(str(path))


@settings(max_examples=300)
@given(position=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_a_damaged_pickle_is_read_or_refused(position, byte, scratch, outcome):
    content = bytearray(GOOD)
    content[position] = byte
    path = scratch / "damaged.pkl"
    path.write_bytes(content)
    result = outcome(read_pickle, path)
    assert not isinstance(result, DatasetFormatError) or str(result).startswith(str(path))


@given(length=st.integers(0, len(GOOD) - 1), packed=st.booleans())
def test_a_pickle_cut_short_is_refused(length, packed, scratch):
    path = scratch / "cut.pkl"
    path.write_bytes(gzip.compress(GOOD)[: 20 + length // 2] if packed else GOOD[:length])
    with pytest.raises(DatasetFormatError, match=r"cut\.pkl: "):
        read_pickle(path)


def test_a_wrong_gzip_checksum_is_noticed(tmp_path):
    content = bytearray(gzip.compress(GOOD))
    content[-8] ^= 1
    path = tmp_path / "array.pkl.gz"
    path.write_bytes(content)
    with pytest.raises(DatasetFormatError, match=r"array\.pkl\.gz: .*damaged"):
        read_pickle(path)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        read_pickle(tmp_path / "absent.pkl")
