"""Columns of all kinds, from typical files."""

import codecs

import numpy as np
import pandas as pd
import pytest

from autoenc.tables import TableError, read_table, write_table

TEXT = """name,age,height,city,member,born
Zoë,36,1.65,Köln,True,10.12.1815
Ana,,1.78,,False,23.06.1912
Åse,85,,Århus,True,09.12.1906
"""
SEMICOLONS = TEXT.replace(",", ";").replace("1.65", "1,65").replace("1.78", "1,78")


def check(table):
    frame = table.values
    assert table.columns == tuple(frame) == ("name", "age", "height", "city", "member", "born")
    np.testing.assert_array_equal(frame["age"], [36, np.nan, 85])
    np.testing.assert_array_equal(frame["height"], [1.65, 1.78, np.nan])
    assert frame["name"].tolist() == ["Zoë", "Ana", "Åse"]
    assert frame["city"].tolist() == ["Köln", None, "Århus"]
    assert frame["member"].tolist() == [True, False, True]
    assert frame["born"].tolist() == ["10.12.1815", "23.06.1912", "09.12.1906"]


def read(path, **options):
    return read_table(path, mixed=True, allow_missing=True, **options)


@pytest.mark.parametrize(
    ("text", "encoding", "noted"),
    [
        (TEXT, "utf-8", None),
        (TEXT, "utf-8-sig", None),
        (TEXT, "utf-16", None),
        (TEXT, "utf-32", None),
        (TEXT, "utf-16-le", "read as UTF-16-LE"),
        (TEXT, "utf-16-be", "read as UTF-16-BE"),
        (TEXT, "latin-1", "not UTF-8 and was read as Windows-1252 (latin-1)"),
        (SEMICOLONS, "cp1252", "not UTF-8 and was read as Windows-1252 (latin-1)"),
        (SEMICOLONS, "utf-8", None),
        (TEXT.replace(",", "\t"), "utf-8", None),
        (TEXT.replace(",", "|"), "utf-8", None),
    ],
)
def test_encodings_separators_and_decimal_commas_are_found(text, encoding, noted, tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    table = read(path)
    check(table)
    assert len(table.notes) == (noted is not None)
    assert noted is None or noted in table.notes[0]


def test_lines_with_too_few_cells_are_noted(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(TEXT + 'Eva,41\n"Mo,\nnika"\n', encoding="utf-8")
    (note,) = read(path).notes
    assert note == (
        f"{path}: 2 lines have fewer cells than the first, such as line 5 (2 of 6); the "
        "missing cells were read as empty"
    )
    path.write_text(TEXT + "Eva,41,,,,\n", encoding="utf-8")
    assert read(path).notes == ()


def test_what_is_found_wrongly_can_be_given(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(
        TEXT.replace("ö", "Φ").replace("Å", "Γ").replace("ë", "Λ").encode("iso8859-7")
    )
    table = read(path, encoding="greek")
    assert table.values["city"].tolist() == ["KΦln", None, "Γrhus"]
    assert not table.notes
    path.write_text("a,b\n1,5\n2,5\n")
    np.testing.assert_array_equal(read(path, sep=";", decimal=",").values, [[1.5], [2.5]])
    path.write_text("a;b\n1.500;2\n2.750;3\n")
    np.testing.assert_array_equal(read(path).values, [[1.5, 2], [2.75, 3]])
    path.write_text("a;b\n1500,5;2\n2,75;3\n")
    np.testing.assert_array_equal(read(path, decimal=",").values, [[1500.5, 2], [2.75, 3]])


def test_a_wrong_encoding_is_named(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(TEXT.encode("latin-1"))
    with pytest.raises(TableError, match=r"the text is not utf-8 .*; use another --encoding"):
        read(path, encoding="utf-8")
    with pytest.raises(TableError, match="the encoding 'klingon' is not known; expected a name"):
        read(path, encoding="klingon")
    path.write_bytes(b"\0\1\2\3" * 1_000)
    with pytest.raises(TableError, match="not a text file, because it has zero bytes"):
        read(path)
    path.write_bytes(codecs.BOM_UTF16_LE + b"a")
    with pytest.raises(TableError, match="the text is not utf-16"):
        read(path)


def test_numbers_without_names_may_have_decimal_commas(tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("1,5;2\n2,5;3\n")
    table = read_table(path)
    np.testing.assert_array_equal(table.values, [[1.5, 2], [2.5, 3]])
    assert "was read as a row of data" in table.notes[0]


def test_parquet_keeps_its_kinds(tmp_path):
    frame = pd.DataFrame({
        "city": pd.Categorical(["a", "b", None]), "born": pd.to_datetime(["2020-01-01"] * 3),
        "n": [1, 2, 3], "flag": [True, False, True],
    })  # fmt: skip
    frame.to_parquet(tmp_path / "a.parquet")
    values = read(tmp_path / "a.parquet").values
    assert str(values["city"].dtype) == "category"
    assert values["born"].dtype.kind == "M"
    assert values["n"].dtype == float
    assert values["flag"].dtype == bool


def test_numbers_alone_stay_a_matrix(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,\n3,4.5\n")
    values = read(tmp_path / "a.csv").values
    assert isinstance(values, np.ndarray)
    np.testing.assert_array_equal(values, [[1, np.nan], [3, 4.5]])


def test_columns_of_a_model_stay_text(tmp_path):
    (tmp_path / "a.csv").write_text("zip,n\n01067,1\n10115,2\n")
    assert read(tmp_path / "a.csv", text=["zip"]).values["zip"].tolist() == ["01067", "10115"]


def test_columns_without_names_are_matched_by_position(tmp_path):
    (tmp_path / "a.csv").write_text("01067,1\n10115,2\n")
    frame = read(tmp_path / "a.csv", text=["0"], header=False).values
    assert frame["0"].tolist() == ["01067", "10115"]
    assert frame["1"].tolist() == [1, 2]


def test_a_mistake_in_a_column_of_numbers_is_no_category(tmp_path):
    lines = [f"{i},x" for i in range(30)]
    lines[7] = "7..,x"
    (tmp_path / "a.csv").write_text("\n".join(["n,kind", *lines]))
    with pytest.raises(TableError, match=r"column 'n' has '7\.\.' at row 7 \(from 0\), which is"):
        read(tmp_path / "a.csv")


def test_kinds_may_differ_between_parts_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("autoenc.tables.delimited.CHUNK", 10)
    values = [*map(str, range(10)), *"abcdefghij"]
    (tmp_path / "a.csv").write_text("\n".join(["kind", *values]))
    assert read(tmp_path / "a.csv").values["kind"].astype(str).tolist() == values


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.gz", "a.parquet"])
def test_frames_are_written_and_read_again(name, tmp_path):
    (tmp_path / "people.csv").write_text(TEXT, encoding="utf-8")
    frame = read(tmp_path / "people.csv").values
    write_table(tmp_path / name, frame)
    pd.testing.assert_frame_equal(read(tmp_path / name).values, frame, check_dtype=False)
    with pytest.raises(TableError, match="contains only numbers, but these columns are not all"):
        write_table(tmp_path / "a.npy", frame)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_values_with_leading_zeros_are_text(name, tmp_path):
    frame = pd.DataFrame({"zip": ["01067", "10115", None], "n": [1, 2, 3]})
    path = tmp_path / name
    frame.to_csv(path, index=False) if name == "a.csv" else frame.to_parquet(path)
    table = read(path)
    assert table.values["zip"].dropna().tolist() == ["01067", "10115"]
    assert table.values["zip"].dtype == "category"  # which estimators do not take for numbers
    assert [note.partition(": ")[2] for note in table.notes] == [
        "column 'zip' has values with leading zeros, such as '01067', and was read as text"
    ]
    assert read(path, text=["zip"]).notes == ()
    with pytest.raises(TableError, match="column 'zip' has values with leading zeros, such as"):
        read_table(path, allow_missing=True)
    # A model that has learned numbers takes numbers.
    np.testing.assert_array_equal(
        read(path, expected=["zip", "n"]).values, [[1067, 1], [10115, 2], [np.nan, 3]]
    )


def test_leading_zeros_are_found_wherever_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("autoenc.tables.delimited._SEARCHED", 7)
    monkeypatch.setattr("autoenc.tables.delimited.CHUNK", 10)
    lines = [f"{i},{i}" for i in range(1, 40)]
    path = tmp_path / "a.csv"
    for k in range(len(lines)):
        changed = [*lines[:k], f'{k + 1}, "0{k + 1}"', *lines[k + 1 :]]
        path.write_text("\n".join(["n,code", *changed]))
        values = read(path).values
        assert values["code"][k] == f"0{k + 1}"
        assert values["n"].dtype == float


def test_labels_keep_their_leading_zeros(tmp_path):
    (tmp_path / "a.csv").write_text("a,zip\n1,01067\n2,10115\n")
    table = read_table(tmp_path / "a.csv", label_column="zip")
    assert table.labels.tolist() == ["01067", "10115"]


@pytest.mark.parametrize("cell", ["0", "0.5", "-0.5", "0e3", "00.5", "10", "1.05"])
def test_other_zeros_are_numbers(cell, tmp_path):
    (tmp_path / "a.csv").write_text(f"a,b\n{cell},1\n2,2\n")
    np.testing.assert_array_equal(read(tmp_path / "a.csv").values, [[float(cell), 1], [2, 2]])


@pytest.mark.parametrize(
    "text",
    [
        "a b\n1 2.5\n3 4\n",
        "  a    b\n  1  2.5\n  3    4  \n",
        "a\t\tb\n1\t\t2.5\n3\t\t4\n",
        "a \tb\n1 \t2.5\n3\t 4\n",
        "a b\n1 2,5\n3 4\n",
    ],
)
def test_spaces_separate_cells(text, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text)
    table = read(path)
    assert table.columns == ("a", "b")
    np.testing.assert_array_equal(table.values, [[1, 2.5], [3, 4]])
    path.write_text(text.partition("\n")[2])
    np.testing.assert_array_equal(read(path).values, [[1, 2.5], [3, 4]])


def test_spaces_within_cells_do_not_separate(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("full name\nAda Lovelace\nAlan Turing\n")
    table = read(path)
    assert table.values["full name"].tolist() == ["Ada Lovelace", "Alan Turing"]
    assert "was read as one column; if its cells are separated by" in table.notes[0]
    assert read(path, sep=" ").columns == ("full", "name")
    path.write_text("a\tb\tc\n1\t\t3\n")
    np.testing.assert_array_equal(read(path).values, [[1, np.nan, 3]])
    path.write_text("name;n\nAda Lovelace;1\nAlan Turing;2\n")
    assert read(path).columns == ("name", "n")


@pytest.mark.parametrize("index", [[0, 1, 2], [7, 3, 5]])
def test_a_column_that_numbers_the_rows_is_left_out(index, tmp_path):
    path = tmp_path / "a.csv"
    frame = pd.DataFrame({"a": [1.5, 2, 3], "b": [4.0, 5, 6]}, index=index)
    frame.to_csv(path)
    for _ in range(2):
        for own in (read(path), read_table(path)):
            assert own.columns == ("a", "b")
            np.testing.assert_array_equal(own.values, frame)
            assert len(own.notes) == 1
            assert "has no name and numbers the rows, so it was left out; to keep" in own.notes[0]
        name = pd.read_csv(path).columns[0]
        pd.read_csv(path).to_csv(path, index=False)  # 'Unnamed: 0', which is no name either
    assert read(path, columns=[name, "a"]).columns == (name, "a")
    assert read(path, expected=[name, "a"]).columns == (name, "a")
    frame.assign(a="x").to_csv(path)
    assert tuple(read(path).values) == ("a", "b")
    path.write_text(",a\n1,2\n1,3\n")
    assert read(path).columns == ("", "a")


@pytest.mark.parametrize("word", ["?", "-", "unknown"])
def test_numbers_among_words_are_noted(tmp_path, word):
    cells = [word if i % 4 == 0 else str(i) for i in range(40)]
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n" + "".join(f"{cell},{i},x{i % 2}\n" for i, cell in enumerate(cells)))
    table = read_table(path, mixed=True)
    assert table.values["a"].tolist() == cells
    (note,) = table.notes
    assert f"column 'a' was read as text, because '{word}' is not a number" in note
