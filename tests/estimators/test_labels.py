"""Labels of all kinds: unchanged by `predict` and in files, or refused by `fit`."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from autoenc import SoftmaxClassifier
from autoenc.export import numpy_reader

X = np.random.default_rng(0).random((60, 3))
KIND = (X[:, 0] > 0.5).astype(int)
DAYS = np.array(["2024-03-01", "2019-01-31"], "datetime64[D]")


def new(**settings):
    return SoftmaxClassifier(n_epochs=2, random_state=0, verbose=False, **settings)


@pytest.mark.parametrize(
    "classes",
    [
        DAYS,
        DAYS.astype("datetime64[ns]"),
        DAYS - DAYS[0] - np.timedelta64(1, "D"),
        np.array([3, -1]),
        np.array([True, False]),
        np.array(["b", "ü"]),
        np.array([2.0, -1.0]),
    ],
)
def test_classes_are_the_same_from_a_file(classes, tmp_path):
    """Dates could not be saved, and those in nanoseconds came back as numbers."""
    labels = classes[KIND]
    model = new().fit(X, labels)
    assert model.predict(X).dtype == labels.dtype
    assert set(model.predict(X)) <= set(labels)
    model.save(tmp_path / "m")
    loaded = SoftmaxClassifier.load(tmp_path / "m", verbose=False)
    for other in (loaded, numpy_reader.load(tmp_path / "m")):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        assert other.predict(X).dtype == labels.dtype
    np.testing.assert_array_equal(loaded.classes_, np.unique(labels))
    loaded.partial_fit(X, labels).save(tmp_path / "again")


def test_days_may_be_given_as_a_series_and_validated_in_another_unit():
    labels = pd.Series(DAYS[KIND].astype("M8[ns]"))
    model = new().fit(X, labels, validation=(X, DAYS[KIND]))
    assert model.classes_.dtype == labels.dtype
    with pytest.raises(ValueError, match=r"has the classes \['1999-01-01.*not among those"):
        model.partial_fit(X, np.where(KIND == 0, np.datetime64("1999-01-01"), DAYS[0]))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([date(2024, 1, 1), date(2023, 1, 1)], object), "date|Unknown label type"),
        (np.array([Decimal(1), Decimal(2)], object), "Decimal|Unknown label type"),
        (np.array([b"a", b"b"]), "of type bytes.*Convert them|bytes"),
        (np.array([2**64 - 1, 0], "uint64"), "beyond int64"),
        (np.array([np.datetime64("NaT"), DAYS[0]]), "y has NaT at row"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_by_fit(labels, message):
    with pytest.raises((ValueError, TypeError), match=message):
        new().fit(X, labels[KIND])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.eye(3)[KIND],
            r"y has shape \(\d+, 3\); expected a 1d array .*numpy\.argmax\(y, axis=1",
        ),
        (KIND + 0.5, "y does not contain classes: Unknown label type: continuous. Give integers"),
    ],
)
def test_labels_that_are_no_classes(labels, message):
    with pytest.raises(ValueError, match=message):
        new().fit(X, labels)


def test_the_advice_for_a_column_of_each_class_is_right():
    given = np.eye(3)[KIND]
    model = new().fit(X, np.argmax(given, axis=1))
    np.testing.assert_array_equal(model.classes_, np.unique(KIND))
