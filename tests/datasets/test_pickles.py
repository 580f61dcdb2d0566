import copyreg
import gzip
import io
import os
import pickle
import struct
import subprocess
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autoenc.datasets import DatasetFormatError
from autoenc.datasets.pickles import read_pickle

COMMAND = "touch ran"
EXTENSION = 0xF1


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


class Elsewhere(pickle.Pickler):
    """Pickles strings by a persistent identity."""

    def persistent_id(self, obj):
        return obj if isinstance(obj, str) else None


def by_identity(protocol: int) -> bytes:
    file = io.BytesIO()
    Elsewhere(file, protocol).dump(["secret"])
    return file.getvalue()


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def stack_global(module: str, name: str) -> bytes:
    return short(module) + short(name) + b"\x93"


def array_state(dtype: bytes, raw: bytes, shape: bytes = b"K\x01\x85") -> bytes:
    """An array of one element, with the given opcodes for its dtype and content."""
    start = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
    return start + b"(K\x01" + shape + dtype + b"\x89" + raw + b"tb."


EIGHT = b"U\x08AAAAAAAA"
DTYPE = b"cnumpy\ndtype\n(U\x02%sK\x00K\x01tR"
CALL = short(COMMAND) + b"\x85"

CALLS = {
    "os.system": Call(os.system, COMMAND),
    "builtins.eval": Call(eval, f"__import__('os').system({COMMAND!r})"),
    "builtins.exec": Call(exec, "open('ran', 'w')"),
    "builtins.__import__": Call(__import__, "os"),
    "builtins.getattr": Call(getattr, "", "format"),
    "builtins.open": Call(open, "ran", "w"),
    "subprocess.Popen": Call(subprocess.Popen, ["touch", "ran"]),
    "numpy.fromfile": Call(np.fromfile, "ran"),
    "numpy.load": Call(np.load, "ran"),
    "numpy.memmap": Call(np.memmap, "ran", "u1", "w+", 0, (1,)),
    "numpy.rec.array": Call(np.recarray, (1,)),
}
OPCODES = {
    "INST": (b"(S'touch ran'\nios\nsystem\n.", "os.system"),
    "OBJ": (b"(cos\nsystem\nS'touch ran'\no.", "os.system"),
    "GLOBAL": (b"cos\nsystem\n(S'touch ran'\ntR.", "os.system"),
    "GLOBAL posix": (b"cposix\nsystem\n(S'touch ran'\ntR.", "posix.system"),
    "STACK_GLOBAL": (b"\x80\x04" + stack_global("os", "system") + CALL + b"R.", "os.system"),
    "NEWOBJ": (b"\x80\x04" + stack_global("subprocess", "Popen") + CALL + b"\x81.", "Popen"),
    "NEWOBJ_EX": (b"\x80\x04" + stack_global("os", "system") + CALL + b"}\x92.", "os.system"),
    "REDUCE of a class": (b"cbuiltins\nobject\n)R.", "builtins.object"),
    "Python 2 names": (b"c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval"),
    "Python 2 objects": (b"ccopy_reg\n_reconstructor\n.", "copy_reg._reconstructor"),
    "a name within a name": (
        b"\x80\x04" + stack_global("numpy", "ndarray.tofile") + b".",
        "numpy.ndarray.tofile",
    ),
    "bytes.fromhex": (b"\x80\x04" + stack_global("builtins", "bytes.fromhex") + b".", "fromhex"),
    "our own module": (
        b"\x80\x04" + stack_global("autoenc.datasets.pickles", "os.system") + b".",
        "autoenc.datasets.pickles",
    ),
    "EXT1": (b"\x80\x02\x82\xf1" + CALL + b"R.", "copyreg extension 241"),
    "EXT2": (b"\x80\x02\x83\xf1\x00" + CALL + b"R.", "copyreg extension 241"),
    "EXT4": (b"\x80\x02\x84\xf1\x00\x00\x00" + CALL + b"R.", "copyreg extension 241"),
    "PERSID": (b"Psecret\n.", "an object kept elsewhere, 'secret'"),
    "BINPERSID": (by_identity(4), "an object kept elsewhere, 'secret'"),
    "BUILD on a constructor": (
        b"cnumpy\ndtype\n}S'__call__'\nK\x01sb.",
        "alters the constructors",
    ),
    "BUILD of slots": (b"cnumpy\ndtype\nN}S'_build'\nK\x01s\x86b.", "alters the constructors"),
    "a call of ndarray": (b"cnumpy\nndarray\n(K\x01tR.", "calls numpy.ndarray itself"),
    "a constructor": (b"cnumpy\ndtype\n.", "holds a constructor on its own"),
    "a dtype": (pickle.dumps(np.dtype("f4")), "holds a dtype on its own"),
    "another encoding": (b"c_codecs\nencode\n(VAA\nVhex\ntR.", "the encoding 'hex'"),
    "an array of objects": (array_state(DTYPE % b"O8", b"]S'x'\na"), "arrays of 'O8'"),
    # NumPy itself takes the flags' word that these eight bytes are no pointer.
    "an array of pointers": (
        array_state(
            DTYPE % b"O8" + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb", EIGHT
        ),
        "arrays of 'O8'",
    ),
    "an array of records": (array_state(DTYPE % b"V8", EIGHT), "arrays of 'V8'"),
    "a number made a record": (
        array_state(DTYPE % b"f8" + b"(K\x03U\x01|N)}K\x08K\x01K\x00tb", EIGHT),
        "arrays of records",
    ),
    "another byte order": (array_state(DTYPE % b"f8" + b"(K\x03U\x01?NNNtb", EIGHT), "byte order"),
    "no dtype": (array_state(b"S'f8'\n", EIGHT), "without a dtype"),
    "numbers from a list": (array_state(DTYPE % b"f8", b"]"), "from a list, not from bytes"),
    "too few numbers": (array_state(DTYPE % b"f8", b"U\x02AA"), "an array of 8 bytes from 2"),
    "a negative shape": (array_state(DTYPE % b"f8", EIGHT, b"J\xff\xff\xff\xff\x85"), "shape"),
    "a huge empty shape": (
        array_state(DTYPE % b"f8", b"U\x00", b"(K\x00\x8a\x08" + b"\xff" * 7 + b"\x0ft"),
        "an array of shape",
    ),
    "shared numbers": (
        b"("
        + array_state(DTYPE % b"f8", EIGHT + b"q\x05")[2:-1]
        + array_state(DTYPE % b"f8", b"h\x05")[2:-1]
        + b"t.",
        "share their numbers",
    ),
    "a second pickle": (pickle.dumps(1) * 2, "more data after its end"),
}
MALFORMED = {
    "empty": b"",
    "text": b"<!doctype html>",
    "a long name": b"c" + b"x" * 5000 + b"\nsystem\n.",
    "a long number": b"I" + b"9" * 5000 + b"\n.",
    "no such opcode": b"\xff.",
    "an empty stack": b".",
    "no state": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R.",
    "a call of a number": b"K\x01)R.",
    "no memo": b"h\x05.",
    "deep": b"(" * 100_000 + b"t" * 100_000 + b".",
    "a list in itself": b"]q\x00h\x00a.",
    "LONG_BINPUT": b"K\x01r\xff\xff\xff\x7f",
    "BINBYTES8": b"\x80\x04\x8e" + struct.pack("<Q", 2**29),
    "BYTEARRAY8": b"\x80\x05\x96" + struct.pack("<Q", 2**29),
    "FRAME": b"\x80\x04\x95" + struct.pack("<Q", 2**29),
}


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


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_pickles_are_refused_and_cheap(name, tmp_path):
    tracemalloc.start()
    refused(MALFORMED[name], tmp_path, "hostile.pkl: ")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A read of n bytes reserves n, untouched; a bytearray or a memo would be filled.
    assert peak < 2**30 + 2**26


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
