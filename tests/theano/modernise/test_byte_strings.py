"""Binary files of scripts in Python 2, in which text and bytes were one type."""

import csv
import gzip

import numpy as np
import pytest

from autoenc.theano.modernise import binary_files
from autoenc.theano.modernise.byte_strings import ByteString
from autoenc.theano.modernise.source import modernise


def run(text, folder):
    """Run a script of Python 2 in a folder, and return its names."""
    text = "from __future__ import print_function\nimport cPickle\n" + text
    names = {"folder": str(folder) + "/"}
    exec(compile(modernise(text).tree, "<script>", "exec"), names)
    return names


@pytest.mark.parametrize("open_", ["open", "gzip.open"])
def test_text_is_written_to_binary_files_and_read_from_them(open_, tmp_path):
    names = run(
        f"""
import gzip
f = {open_}(folder + "f", "wb")
f.write("one,%d\\n" % 2)
f.writelines(["two,", "3\\n", chr(200)])
f.close()
with {open_}(folder + "f", "rb") as f:
    fields = [line.strip().split(",") for line in f]
with {open_}(folder + "f", "rb") as f:
    first, rest = f.next(), f.readlines()
with {open_}(folder + "f", "rb") as f:
    whole = f.read()
count = {{"one": 1}}[whole[:3]]
print(whole[:3], whole[0] == "o", "two" in whole, ord(whole[-1]), "a" + whole[:3])
""",
        tmp_path,
    )
    assert names["fields"][:2] == [["one", "2"], ["two", "3"]]
    assert names["first"] == "one,2\n"
    assert names["rest"] == ["two,3\n", b"\xc8"]
    assert names["whole"] == b"one,2\ntwo,3\n\xc8"
    assert names["count"] == 1


def test_csv_is_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(csv, "reader", csv.reader)
    binary_files.change_csv(csv)
    names = run(
        """
import csv
with open(folder + "f.csv", "wb") as f:
    csv.writer(f).writerows([["a", "b"], [1, "x"]])
with open(folder + "f.csv", "rb") as f:
    rows = list(csv.reader(f))
with open(folder + "f.csv", "rb") as f:
    entries = [row["b"] for row in csv.DictReader(f)]
""",
        tmp_path,
    )
    assert names["rows"] == [["a", "b"], ["1", "x"]]
    assert names["entries"] == ["x"]


def test_files_in_memory_take_text_and_bytes(tmp_path):
    names = run(
        """
import cStringIO, struct
from StringIO import StringIO
text = StringIO()
print("one", file=text)
text.write("two")
text.seek(0)
lines = [line.strip() for line in text]
mixed = cStringIO.StringIO()
mixed.write("head")
mixed.write(struct.pack(">i", 300))
mixed.writelines(["tail", "\\n"])
value = mixed.getvalue()
mixed.seek(4)
(number,) = struct.unpack(">i", mixed.read(4))
rest = mixed.readline()
again = StringIO(value).read(4)
over = StringIO("abcd")
over.seek(2)
over.write(struct.pack("b", 65))
""",
        tmp_path,
    )
    assert names["text"].getvalue() == "one\ntwo"
    assert names["lines"] == ["one", "two"]
    assert names["value"] == b"head\x00\x00\x01,tail\n"
    assert (names["number"], names["rest"], names["again"]) == (300, "tail\n", "head")
    assert names["over"].getvalue() == b"abAd"


def test_libraries_read_bytes(tmp_path):
    with gzip.open(tmp_path / "array.npy.gz", "wb") as file:
        np.save(file, np.arange(3))
    names = run(
        """
import gzip, numpy, struct
f = open(folder + "f", "wb")
cPickle.dump(["x", 1], f, -1)
f.write(struct.pack(">i", 300))
numpy.arange(4).tofile(f)
f.close()
f = open(folder + "f", "rb")
pickled = cPickle.load(f)
(number,) = struct.unpack(">i", f.read(4))
array = numpy.fromfile(f, dtype=int)
f.close()
with gzip.open(folder + "array.npy.gz") as f:
    saved = numpy.load(f)
""",
        tmp_path,
    )
    assert names["pickled"] == ["x", 1]
    assert names["number"] == 300
    np.testing.assert_array_equal(names["array"], np.arange(4))
    np.testing.assert_array_equal(names["saved"], np.arange(3))


def test_files_of_text_and_files_of_python_3_are_as_they_are(tmp_path):
    (tmp_path / "f").write_text("text")
    names = run("f = open(folder + 'f')\n", tmp_path)
    assert not isinstance(names["f"], binary_files.BinaryFile)
    names["f"].close()
    text = "with open(folder, 'rb') as f: data = f.read()\n"
    names = {"folder": str(tmp_path / "f")}
    exec(compile(modernise(text).tree, "<script>", "exec"), names)
    assert type(names["data"]) is bytes


def test_a_string_of_python_2_behaves_as_text():
    string = ByteString(b"a-b")
    assert string == "a-b" == string
    assert hash(string) == hash("a-b")
    assert string != "a"
    assert string < "b"
    assert string > "a"
    assert "a-b" <= string <= "a-b"
    assert string <= "b"
    assert [*string] == ["a", "-", "b"]
    assert string[-1] == "b"
    assert (string + "c", "c" + string, string * 2) == ("a-bc", "ca-b", "a-ba-b")
    assert f"{string!s} {string!r} {int(ByteString(b'3'))}" == "a-b 'a-b' 3"
    assert ByteString(b"%d-{}") % 3 == "3-{}"
    assert ByteString(b"{}").format("x") == "x"
    assert string.replace("-", "+").upper() == "A+B"
    assert string.startswith(("a", "c"))
    assert string.split("-") == ["a", "b"]
    assert ByteString(b",").join(["x", "y"]) == "x,y"
    assert str(ByteString("é".encode())) == str(ByteString("é".encode("latin1"))) == "é"
    assert ByteString("é".encode("latin1")) == "é"
    assert ByteString("ж".encode()) == "ж"
