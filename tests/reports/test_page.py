"""What pages say."""

import base64
import builtins
import io
import json
import re
import subprocess
import sys
from copy import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image
from scipy.special import rel_entr

from autoenc import AutoEncoder, analysis
from autoenc.plotting import tile_images
from autoenc.plotting.tiles import MISSING
from autoenc.reports import Subject, charts, pictures, render_report, write_report
from autoenc.reports.numbers import shown
from autoenc.rows import DomainWarning
from autoenc.tables import MissingExtraError
from tests.reports.conftest import HOSTILE, STATES


@pytest.mark.filterwarnings(
    "ignore:1 of 100 rows have no observed value:autoenc.rows.refusals.DomainWarning"
)
@pytest.mark.parametrize("state", STATES)
def test_the_same_subject_gives_the_same_bytes(request, pages, state):
    subject = request.getfixturevalue(state)
    assert render_report(subject) == pages(state).read_text(encoding="utf-8")


def test_title_and_date_are_shown_when_given(model_only):
    page = render_report(model_only, title="Digits & more", created="1 May")
    assert "<h1>Digits &amp; more</h1>" in page
    assert '<p class="quiet">1 May</p>' in page


def text_of(page):
    """What a page says, without markup and scripts."""
    body = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_yardsticks_units_and_advice_are_those_of_analysis(images, pages):
    found = analysis.report(images.model, images.rows, X_train=images.train_rows)
    text = text_of(pages("images").read_text(encoding="utf-8"))
    y = found.yardsticks
    for name, errors in (
        ("this model", y.model),
        ("PCA, 30 components", y.pca),
        ("mean row", y.mean),
        ("this model, random weights", y.untrained),
    ):
        assert f"{name} {shown(errors.mean_squared)} {shown(errors.cost)}" in text
    assert found.verdict in text
    for advice in found.advice:
        assert advice in text.replace("&#39;", "'")
    assert f"{found.layers[0].units.effective:.1f}" in text


def test_best_and_worst_rows(images, pages):
    errors = images.model.score_samples(images.rows)
    np.testing.assert_allclose(images.errors, errors, rtol=1e-4)
    page = pages("images").read_text(encoding="utf-8")
    shown = re.findall(
        r"<h[34]>Row (\d+)</h[34]>\s*<p[^>]*>(\d), error ([\d.]+), p ([\d.]+)<", page
    )
    order = np.argsort(images.errors, kind="stable")
    assert [int(row) for row, *_ in shown] == [*order[::-1][:6], *order[:6]]
    for row, label, error, p in shown:
        i = int(row)
        assert int(label) == images.labels[i]
        assert float(error) == pytest.approx(errors[i], rel=5e-3)
        held_out = images.model.score_samples(images.held_out)
        assert float(p) == pytest.approx((1 + (held_out >= errors[i]).sum()) / 100, rel=0.01)


def test_rows_of_a_table_are_in_the_scale_of_the_data(table, pages):
    worst = int(np.argmax(table.errors))
    shares = table.contributions(np.array([worst]))[0]
    assert shares.sum() == pytest.approx(table.model.score_samples(table.rows)[worst], rel=1e-4)
    column = int(np.argmax(shares))
    text = text_of(pages("table").read_text(encoding="utf-8"))
    value = table.rows[worst, column]
    back = table.model.reconstruct(table.rows[[worst]])[0, column]
    assert f"{shown(value)} {shown(back)} {shown(shares[column])}" in text


def test_the_chart_of_costs_describes_each_curve(model_only):
    records = [
        {"epoch": 1, "cost": 80.0, "valid_cost": 85.0},
        {"epoch": 2, "cost": 60.0, "valid_cost": 62.0},
    ]
    model = copy(model_only.model)
    model.model_ = replace(model.model_, history=records)
    page = render_report(replace(model_only, model=model))
    assert "each epoch: training from 80 to 60; validation from 85 to 62." in page


def observed_error(model, X):
    """Deviance of what is observed, times columns / observed columns, in plain NumPy."""
    z = model.reconstruct(X).astype("float64")
    terms = np.nan_to_num(rel_entr(X, z) + rel_entr(1 - X, 1 - z))
    with np.errstate(invalid="ignore"):
        return terms.sum(axis=1) * X.shape[1] / (~np.isnan(X)).sum(axis=1)


def test_errors_of_rows_with_missing_pixels(holes, pages):
    errors = observed_error(holes.model, holes.rows)
    page = pages("holes").read_text(encoding="utf-8")
    shown = re.findall(
        r"<h[34]>Row (\d+)</h[34]>\s*<p[^>]*>\d, error ([\d.]+), .*, (\d+) of 784", page
    )
    assert [int(row) for row, *_ in shown[:6]] == np.argsort(-errors)[:6].tolist()
    # A row of nothing has no error: it is neither among the best nor among the worst.
    assert "7" not in [row for row, *_ in shown]
    for row, error, missing in shown:
        assert float(error) == pytest.approx(errors[int(row)], rel=5e-3)
        assert int(missing) == np.isnan(holes.rows[int(row)]).sum()
    others = np.delete(np.arange(100), 7)
    shares = holes.contributions(others)
    assert (shares[np.isnan(holes.rows[others])] == 0).all()


def test_missing_values_are_described(holes, pages):
    text = text_of(pages("holes").read_text(encoding="utf-8"))
    n = np.isnan(holes.rows).sum()
    assert f"missing values {n:,}, {n / holes.rows.size:.1%}" in text
    assert (
        f"{n / holes.rows.size:.1%} of the values are missing: they are excluded from errors"
        in text
    )
    with pytest.warns(DomainWarning, match="no observed value"):
        found = analysis.report(holes.model, holes.rows, X_train=holes.train_rows).yardsticks
    assert f"PCA, 20 components {shown(found.pca.mean_squared)} {shown(found.pca.cost)}" in text
    assert "missing" not in text_of(pages("images").read_text(encoding="utf-8")).replace(
        "missing &#39;auto&#39;", ""
    )


def test_missing_values_of_a_table(table_holes, pages):
    text = text_of(pages("table_holes").read_text(encoding="utf-8"))
    errors = observed_error(table_holes.model, table_holes.rows)
    partly = [i for i in np.argsort(-errors)[:6] if np.isnan(table_holes.rows[i]).any()]
    for i in partly:
        column = int(np.argmax(np.isnan(table_holes.rows[i])))
        back = table_holes.model.reconstruct(table_holes.rows[[i]])[0, column]
        assert f"{table_holes.columns[column]} missing {shown(back)} 0" in text
    assert len(partly) > 1
    assert "Missing values have an output, but do not contribute to the error." in text
    assert "nan" not in text.lower()


def test_hostile_names_are_escaped(pages):
    page = pages("table").read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(&#39;column&#39;)&lt;/script&gt;" in page


def test_a_page_needs_nothing_else(pages):
    page = pages("images").read_text(encoding="utf-8")
    assert not re.findall(r"""<(?:link|script|img)[^>]*(?:href|src)=["'](?!data:)""", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert len(page) < 2_500_000


def test_a_page_without_charts_has_no_chart_script(no_history):
    bare = replace(no_history, rows=None)
    assert "Bokeh" not in text_of(render_report(bare))
    assert len(render_report(bare)) < 100_000


def test_many_rows_are_drawn_at_random(table):
    X = np.repeat(table.rows, 40, axis=0)
    page = render_report(Subject(table.model, X))
    assert "The codes of 2,000 of 2,400 rows, drawn at random" in page
    (content,) = re.findall(r'data-target="codes-chart">(.*?)</script>', page)
    assert len(re.findall(r'"(\d+)"', json.dumps(json.loads(content)))) >= 2_000


def test_the_fingerprint_tells_data_apart(table):
    other = table.rows.copy()
    other[3, 2] += 1e-3
    assert replace(table, rows=table.rows.copy()).fingerprint == table.fingerprint
    assert replace(table, rows=other).fingerprint != table.fingerprint


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_names_of_a_frame_are_compared(library, rng):
    frame = pd.DataFrame(rng.normal(size=(30, 3)), columns=list("abc"))
    turned = frame[list("cab")]
    if library == "polars":
        frame, turned = pl.from_pandas(frame), pl.from_pandas(turned)
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(frame)
    subject = Subject(model, frame, train_rows=frame, held_out=frame)
    assert render_report(subject).count("<h2") > 3
    np.testing.assert_array_equal(subject.codes(np.array([4])), model.transform(frame[4:5]))
    with pytest.raises(ValueError, match="feature names should match those that were passed"):
        render_report(Subject(model, turned))


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("kind", [pd.DataFrame, list, np.asarray])
def test_values_that_are_no_numbers_are_refused_with_their_position(kind, rng):
    """Python's own message named neither row nor column, and text was kept as text."""
    X = rng.random((20, 3))
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    given = X.astype(object)
    given[4, 1] = "unknown"
    rows = kind(given) if kind is not list else given.tolist()
    for ask in (lambda s: s.numbers, lambda s: s.n_missing, lambda s: s.errors):
        with pytest.raises(ValueError, match="X has 'unknown' at row 4, column 1"):
            ask(Subject(model, rows))
    with pytest.raises(ValueError, match="X is a dict"):
        _ = Subject(model, {"a": [1.0]}).numbers
    np.testing.assert_array_equal(Subject(model, X.astype(str)).numbers, X)


def test_rows_without_values_are_refused(rng):
    rows = rng.normal(size=(30, 3))
    model = AutoEncoder(2, n_epochs=1, missing="mask", random_state=0, verbose=False).fit(rows)
    with pytest.raises(ValueError, match="no row of X has an observed value; give other rows"):
        render_report(Subject(model, rows * np.nan))
    with (
        pytest.warns(DomainWarning, match="30 of 30 rows have no observed value"),
        pytest.raises(ValueError, match="no row has an observed value; give other rows"),
    ):
        _ = Subject(model, rows * np.nan).errors


def test_subjects_that_do_not_fit(table):
    with pytest.raises(ValueError, match=r"image_shape is \(3, 2\), but the model takes 5"):
        replace(table, image_shape=(3, 2))
    with pytest.raises(ValueError, match="2 names of columns, but the model takes 5"):
        replace(table, columns=("a", "b"))


@pytest.mark.parametrize("missing", ["jinja2", "bokeh"])
def test_what_to_install_is_said(model_only, monkeypatch, missing, tmp_path):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=rf'{missing}.*pip install "autoenc\[report\]"'):
        write_report(tmp_path / "report.html", model_only)
    assert list(tmp_path.iterdir()) == []


def test_bokeh_waits_until_it_is_needed():
    code = "import sys, autoenc.reports; assert not {'bokeh', 'jinja2'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def pixels(uri):
    head, _, content = uri.partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        return np.asarray(image)


def test_filters_are_drawn_as_plotting_draws_them(rng):
    W = rng.normal(size=(12, 6))
    expected = 255 - tile_images(W, (2, 3), (2, 10), spacing=(1, 1))
    np.testing.assert_array_equal(pixels(pictures.filter_grid(W, (2, 3))), expected)


def test_filters_in_colour(rng):
    W = rng.normal(size=(2, 2 * 3 * 3))
    drawn = pixels(pictures.filter_grid(W, (2, 3, 3)))
    span = W[1].max() - W[1].min()
    expected = np.rint(255 * (W[1] - W[1].min()) / span).reshape(2, 3, 3)
    np.testing.assert_array_equal(drawn[:, 4:], expected)


def test_rows_and_shares_as_pictures():
    row = np.array([0.0, 0.5, 1.0, 2.0])
    np.testing.assert_array_equal(
        pixels(pictures.row_picture(row, (2, 2), 0, 1)), [[255, 127], [0, 0]]
    )
    np.testing.assert_array_equal(
        pixels(pictures.share_picture(np.array([0.0, 0.1, 0.2, -1e-9]), (2, 2))),
        [[255, 127], [0, 255]],
    )
    holed = np.array([np.nan, 0.5, 1.0, 0.0])
    np.testing.assert_array_equal(
        pixels(pictures.row_picture(holed, (2, 2), 0, 1)),
        [[MISSING, (127, 127, 127)], [(0, 0, 0), (255, 255, 255)]],
    )
    partly = np.array([0.0, 0.5, 1.0, 0.0, np.nan, 1.0])
    assert pixels(pictures.row_picture(partly, (1, 2, 3), 0, 1)).tolist() == [
        [[0, 128, 255], list(MISSING)]
    ]
    colour = np.array([0.0, 0.5, 1.0])
    assert pixels(pictures.row_picture(colour, (1, 1, 3), 0, 1)).tolist() == [[[0, 128, 255]]]
    assert builtins.len(pictures.data_uri(np.zeros((2, 2), np.uint8))) < 200


def test_every_layer_has_a_curve():
    records = [
        {"epoch": epoch, "cost": 1 / epoch, "layer": layer}
        for layer in range(1, 13)
        for epoch in (1, 2)
    ]
    assert len(charts.cost_chart(records).legend) == 12


def test_labels_that_are_not_finite_have_a_colour_of_their_own():
    labels = np.array([np.nan, np.inf, *np.arange(12.0)])
    colours, legend = charts._colours(labels, len(labels))
    assert colours[0] == colours[1] == charts._UNKNOWN
    assert charts._UNKNOWN not in colours[2:]
    assert list(legend) == ["0", "11"]
