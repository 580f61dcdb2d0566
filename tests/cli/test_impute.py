"""Filling in empty cells does not change a digit of the others."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from autoenc import DenoisingAutoEncoder
from tests.cli.conftest import good

NAMES = ["amount", "id", "size"]
HEADER = "name,amount,id,size,zip\n"


def lines(n=40):
    """Rows of csv, of numbers that float32 does not hold; some cells are empty."""
    rng = np.random.default_rng(0)
    for i in range(n):
        z = rng.normal()
        amount = f"{98869533.34 + 1000 * z:.2f}"
        cells = [f"n{i}", amount, str(119000357 + int(1000 * z)), f"{z:.2f}0", f"{i:05}"]
        cells[1 + i % 3] = "" if i % 5 == 1 else cells[1 + i % 3]
        yield cells


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Model of the three columns of numbers."""
    folder = tmp_path_factory.mktemp("impute")
    frame = pd.DataFrame([c[1:4] for c in lines()], columns=NAMES).replace("", np.nan)
    path = folder / "m.safetensors"
    DenoisingAutoEncoder(
        2, n_epochs=3, random_state=0, verbose=False, missing="mask", scale="standard"
    ).fit(frame.astype(float)).save(path)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_text_of_csv_stays_as_it_is(separator, model, tmp_path):
    given = [*lines()]
    text = [HEADER.replace(",", separator), *(separator.join(row) + "\n" for row in given)]
    (tmp_path / "a.csv").write_text("".join(text))
    said = good("impute", model, tmp_path / "a.csv", "-o", tmp_path / "b.csv")
    written = (tmp_path / "b.csv").read_text().splitlines()
    assert written[0] == text[0].strip()
    n = 0
    for row, line in zip(given, written[1:], strict=True):
        found = line.split(separator)
        for k, cell in enumerate(row):
            if cell:
                assert found[k] == cell
            else:
                assert np.isfinite(float(found[k]))
                assert k != 2 or found[k].isdigit()
                n += 1
    assert n > 5
    assert f"40 rows, {n} cells filled in" in said


def test_decimal_commas_stay(model, tmp_path):
    given = [*lines()]
    text = [";".join(row).replace(".", ",") for row in given]
    (tmp_path / "a.csv").write_text("\n".join([HEADER.strip().replace(",", ";"), *text]))
    good("impute", model, tmp_path / "a.csv", "-o", tmp_path / "b.csv")
    for line, found in zip(text, (tmp_path / "b.csv").read_text().splitlines()[1:], strict=True):
        assert "." not in found
        assert all(a in ("", b) for a, b in zip(line.split(";"), found.split(";"), strict=True))


def test_a_table_without_holes_is_written_byte_for_byte(model, tmp_path):
    full = [row for row in lines() if all(row)]
    text = "\n".join([HEADER.strip(), *map(",".join, full)]) + "\n"
    (tmp_path / "a.csv").write_text(text)
    assert ", 0 cells" in good("impute", model, tmp_path / "a.csv", "-o", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text() == text


def frame_of_lines():
    frame = pd.DataFrame([*lines()], columns=HEADER.strip().split(",")).replace("", np.nan)
    return frame.astype({"amount": float, "id": float, "size": "float32"})


def test_types_of_parquet_stay(model, tmp_path):
    frame = frame_of_lines()
    frame["id"] = frame["id"].astype("Int64")
    frame["big"] = 2**62 + np.arange(len(frame))
    frame["when"] = pd.date_range("2020-01-01", periods=len(frame), freq="h")
    frame.index = pd.Index(range(100, 100 + len(frame)), name="key")
    frame.to_parquet(tmp_path / "a.parquet")
    good("impute", model, tmp_path / "a.parquet", "-o", tmp_path / "b.parquet")
    before, after = (pa.parquet.read_table(tmp_path / name) for name in ("a.parquet", "b.parquet"))
    assert after.schema.equals(before.schema, check_metadata=True)
    for name in before.column_names:
        pairs = zip(before[name].to_pylist(), after[name].to_pylist(), strict=True)
        assert all(b == a or pd.isna(a) for a, b in pairs), name
    assert not pd.read_parquet(tmp_path / "b.parquet").isna().any(axis=None)


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f8"])
def test_types_of_arrays_stay(dtype, model, tmp_path):
    values = frame_of_lines()[NAMES].to_numpy(dtype)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", values=values, columns=NAMES)
    for name in ("a.npy", "a.npz"):
        good("impute", model, tmp_path / name, "-o", tmp_path / f"b{name}")
        found = np.load(tmp_path / f"b{name}")
        found = found if name == "a.npy" else found["values"]
        assert found.dtype == values.dtype
        assert np.isfinite(found).all()
        known = ~np.isnan(values)
        np.testing.assert_array_equal(found[known], values[known])


@pytest.mark.parametrize("source", ["a.csv", "a.parquet"])
@pytest.mark.parametrize("target", ["b.parquet", "b.csv"])
def test_long_integers_stay_in_another_format(source, target, model, tmp_path):
    """Identifiers beyond 2**53, constant, unique or missing, are no reason for a refusal."""
    frame = frame_of_lines()
    first = 1234567890123456789
    longs = {
        "constant": [first] * len(frame),
        "unique": range(first, first + len(frame)),
        "missing": [None, *range(first + 1, first + len(frame))],
    }
    frame = frame.assign(**{name: pd.array(values, "Int64") for name, values in longs.items()})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    good("impute", model, tmp_path / source, "-o", tmp_path / target)
    if target == "b.csv":
        pd.read_csv(tmp_path / "b.csv", dtype_backend="numpy_nullable").to_parquet(
            tmp_path / "b.parquet"
        )
    found = pyarrow.parquet.read_table(tmp_path / "b.parquet")
    for name, values in longs.items():
        assert found[name].to_pylist() == list(values)


@pytest.mark.parametrize("target", ["b.parquet", "b.tsv"])
def test_values_stay_in_another_format(target, model, tmp_path):
    frame = frame_of_lines()
    frame = frame.astype({"size": float, "id": "Int64"})
    frame.to_csv(tmp_path / "a.csv", index=False)
    good("impute", model, tmp_path / "a.csv", "-o", tmp_path / target)
    read = pd.read_parquet if target == "b.parquet" else pd.read_table
    found = read(tmp_path / target, **({} if target == "b.parquet" else {"dtype": {"zip": str}}))
    assert found["id"].dtype.kind in "iu"
    for name in frame:
        known = frame[name].notna()
        assert (found[name].astype(frame[name].dtype)[known] == frame[name][known]).all(), name


def test_an_index_and_labels_are_written_too(model, tmp_path):
    frame_of_lines().to_csv(tmp_path / "a.csv", index_label="")
    good("impute", model, tmp_path / "a.csv", "--label-column", "name", "--drop", "zip",
         "-o", tmp_path / "b.csv")  # fmt: skip
    a, b = ((tmp_path / name).read_text().splitlines() for name in ("a.csv", "b.csv"))
    assert a[0] == b[0]
    assert [line.split(",")[:2] for line in a] == [line.split(",")[:2] for line in b]


def test_an_index_of_pandas_is_no_column_of_a_model_without_names(tmp_path):
    rows = np.random.default_rng(0).normal(size=(40, 3))
    model = tmp_path / "m.safetensors"
    DenoisingAutoEncoder(
        2, n_epochs=2, random_state=0, verbose=False, missing="mask", scale="standard"
    ).fit(rows).save(model)
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    frame.iloc[5, 1] = np.nan
    frame.to_csv(tmp_path / "t.csv")
    assert "1 cell filled in" in good(
        "impute", model, tmp_path / "t.csv", "-o", tmp_path / "full.csv"
    )
    full = pd.read_csv(tmp_path / "full.csv", index_col=0)
    assert not full.isna().any().any()
    np.testing.assert_allclose(full.drop(5), frame.drop(5))


ROWS = 40
Z = np.random.default_rng(0).normal(size=ROWS)
DAYS = pd.Series(pd.date_range("2020-02-01", periods=ROWS))
HOLES = np.arange(ROWS) % 7 == 0


def table(**columns):
    """Table of two columns that are not numbers alone, and of others."""
    return pd.DataFrame({"z": Z, "kind": np.where(Z > 0.3, "q", "r"), **columns})


def trained(frame, folder, suffix):
    """Model of a table in a file, and the path of the model."""
    path, model = folder / f"fit.{suffix}", folder / "m.safetensors"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    good("train", path, "-o", model, "--quiet", "--epochs", "2", "--seed", "0")
    return DenoisingAutoEncoder.load(model), model


def filled(model, frame, folder, source, target):
    """Column ``d`` of a table after its empty cells were filled in, as a list."""
    given, output = folder / f"new.{source}", folder / f"filled.{target}"
    frame.to_csv(given, index=False) if source == "csv" else frame.to_parquet(given)
    good("impute", model, given, "-o", output)
    read = pd.read_parquet(output) if target == "parquet" else pd.read_csv(output, dtype=str)
    return read["d"]


@pytest.mark.parametrize("target", ["csv", "parquet"])
@pytest.mark.parametrize("fit", ["csv", "parquet"])
def test_dates_are_those_of_the_column_in_every_file(fit, target, tmp_path):
    """Files of text and of dates, by a model of dates written in the German order."""
    german = DAYS.dt.strftime("%d.%m.%Y")
    model, path = trained(table(d=german), tmp_path, fit)
    expected = model.impute(table(d=german.mask(HOLES)))["d"].tolist()
    assert filled(path, table(d=german.mask(HOLES)), tmp_path, "csv", target).tolist() == expected
    for days in (DAYS, DAYS.dt.tz_localize("UTC"), DAYS.dt.date.astype(object)):
        given = table(d=days.mask(HOLES))
        found = pd.to_datetime(filled(path, given, tmp_path, "parquet", target), utc=True)
        assert found.dt.strftime("%d.%m.%Y").tolist() == expected


@pytest.mark.parametrize("target", ["csv", "parquet"])
@pytest.mark.parametrize("source", ["csv", "parquet"])
def test_text_of_dates_is_filled_in_by_a_model_of_dates(source, target, tmp_path):
    model, path = trained(table(d=DAYS), tmp_path, "parquet")
    text = DAYS.dt.strftime("%Y-%m-%d").mask(HOLES)
    expected = model.impute(table(d=DAYS.mask(HOLES)))["d"].dt.strftime("%Y-%m-%d")
    assert filled(path, table(d=text), tmp_path, source, target).tolist() == expected.tolist()


KINDS = {
    "text": np.where(Z > 0, "u", "v"),
    "digits": np.where(Z > 0, "01", "02"),
    "booleans": Z > 0,
    "dates": DAYS,
    "numbers": Z * 100,
}
EMPTY = {
    "double": pd.Series([np.nan] * ROWS),
    "null": pd.Series([None] * ROWS, dtype=object),
    "int64": pd.Series([None] * ROWS, dtype="Int64"),
    "bool": pd.Series([None] * ROWS, dtype="boolean"),
    "string": pd.Series([None] * ROWS, dtype="str"),
    "dictionary": pd.Series([None] * ROWS).astype("category"),
}


@pytest.mark.parametrize("target", ["csv", "parquet"])
@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize("kind", KINDS)
def test_columns_without_values_are_filled_in(kind, source, target, tmp_path):
    model, path = trained(table(d=KINDS[kind]), tmp_path, "parquet")
    expected = model.impute(table(d=np.nan))["d"]
    for empty in EMPTY.values():
        found = filled(path, table(d=empty), tmp_path, source, target)
        if kind == "numbers":
            # A column of integers stays one.
            np.testing.assert_allclose(found.astype(float), expected, atol=0.5)
        elif target == "parquet":
            assert found.tolist() == expected.tolist()
        else:
            assert found.tolist() == expected.astype(str).tolist()


@pytest.mark.parametrize("dtype", ["Int64", "UInt8", "float64"])
@pytest.mark.parametrize("target", ["csv", "parquet"])
@pytest.mark.parametrize("source", ["csv", "parquet"])
def test_booleans_are_numbers_in_a_column_of_numbers(source, target, dtype, tmp_path):
    model, path = trained(table(d=Z > 0), tmp_path, "csv")
    given = table(d=pd.Series(Z > 0).astype(dtype).mask(HOLES))
    found = filled(path, given, tmp_path, source, target).astype(float)
    assert found.tolist() == model.impute(given)["d"].astype(float).tolist()
    assert set(found) == {0.0, 1.0}


def test_integers_of_parquet_are_filled_in_within_their_limits(tmp_path):
    _, path = trained(table(d=1000 * Z), tmp_path, "csv")
    given = table(d=pd.array(np.arange(ROWS), "UInt8")).assign(z=Z)
    given.loc[HOLES, "d"] = pd.NA
    found = filled(path, given, tmp_path, "parquet", "parquet")
    assert found.dtype == "UInt8"
    assert {0, 255} <= set(found[HOLES])
