"""Pages of every kind."""

import warnings

import numpy as np
import pytest

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import StackedDenoisingAutoEncoder
from autoenc.reports import Subject, write_report
from autoenc.rows import DomainWarning

HOSTILE = "<script>alert('column')</script>"
HOSTILE_ROW = "<img src=x onerror=\"alert('row')\">"


@pytest.fixture(scope="session")
def images(digits):
    """Model of images, with all there is to say."""
    train, valid, test = digits
    model = DenoisingAutoEncoder(30, n_epochs=2, random_state=0, verbose=False)
    return Subject(
        model.fit(train.images[:1000]),
        test.images[:200],
        train_rows=train.images[:1000],
        held_out=valid.images[:99],
        labels=test.labels[:200],
        image_shape=(28, 28),
        data_name="mnist.pkl.gz:test",
        description={"versions": {"autoenc": "0.1.0"}},
    )


@pytest.fixture(scope="session")
def table():
    """Model of columns, one of which has a hostile name, as rows and labels have."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(60, 2)) @ rng.uniform(size=(2, 5)) / 2
    X[7, 3] = 1 - X[7, 3]
    return Subject(
        AutoEncoder(3, n_epochs=20, random_state=0, verbose=False).fit(X),
        X,
        columns=("age", "height", HOSTILE, "a rather long name of a column that goes on", "größe"),
        row_names=tuple(f"{HOSTILE_ROW} {i}" for i in range(60)),
        labels=np.array(["<b>young", "old"] * 30),
        data_name="people.csv",
    )


@pytest.fixture(scope="session")
def stack(digits):
    """Stack of two layers, of images."""
    X = digits.train.images[:100]
    model = StackedDenoisingAutoEncoder((12, 6), n_epochs=2, random_state=0, verbose=False)
    return Subject(model.fit(X), X, image_shape=(28, 28))


@pytest.fixture(scope="session")
def model_only(stack):
    """No rows."""
    return Subject(stack.model, image_shape=(28, 28))


@pytest.fixture(scope="session")
def no_history(table):
    """A model that keeps no history, and one unit only."""
    X = table.rows
    model = AutoEncoder(1, n_epochs=1, random_state=0, verbose=False).fit(X)
    model.history_ = []
    return Subject(model, X)


@pytest.fixture(scope="session")
def colours():
    """Images in colour."""
    X = np.random.default_rng(0).uniform(size=(30, 4 * 5 * 3))
    model = AutoEncoder(4, n_epochs=1, random_state=0, verbose=False).fit(X)
    return Subject(model, X, image_shape=(4, 5, 3), labels=np.linspace(0, 1, 30))


@pytest.fixture(scope="session")
def holes(digits):
    """Images of which 30 % is missing, in one of them everything."""
    rng = np.random.default_rng(0)

    def holed(rows):
        return np.where(rng.random(rows.shape) < 0.3, np.nan, rows)

    train, valid, test = (holed(split.images[:300]) for split in digits)
    test[7] = np.nan
    model = DenoisingAutoEncoder(20, missing="mask", n_epochs=2, random_state=0, verbose=False)
    return Subject(
        model.fit(train),
        test[:100],
        train_rows=train,
        held_out=valid[:99],
        labels=digits.test.labels[:100],
        image_shape=(28, 28),
    )


@pytest.fixture(scope="session")
def table_holes():
    """A table with missing values."""
    X = np.random.default_rng(0).uniform(size=(60, 1)) * np.linspace(0.2, 1, 4)
    X[np.random.default_rng(1).random(X.shape) < 0.3] = np.nan
    model = AutoEncoder(2, missing="mask", n_epochs=20, random_state=0, verbose=False)
    return Subject(model.fit(X), X, columns=("a", "b", "c", "d"))


STATES = (
    "images", "table", "stack", "model_only", "no_history", "colours", "holes", "table_holes",
)  # fmt: skip


@pytest.fixture(scope="session")
def pages(request, tmp_path_factory):
    """Path of the page of each state, written when first asked for."""
    folder = tmp_path_factory.mktemp("pages")

    def path_of(state):
        path = folder / f"{state}.html"
        if not path.exists():
            with warnings.catch_warnings():
                # In one of the pages, a row has no observed value.
                warnings.simplefilter("ignore", DomainWarning)
                write_report(path, request.getfixturevalue(state))
        return path

    return path_of
