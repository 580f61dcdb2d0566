"""Pages as people see them: in a real Chromium, with pointer, keyboard and narrow screens."""

from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from autoenc.plotting.tiles import MISSING
from tests.reports.conftest import HOSTILE, HOSTILE_ROW, STATES

READY = "document.documentElement.dataset.ready === 'true'"
SECTIONS = {
    "images": "verdict summary yardsticks units columns training filters reconstructions codes",
    "table": "verdict summary yardsticks units columns training filters reconstructions codes",
    "stack": "verdict summary yardsticks units columns training filters reconstructions codes",
    "model_only": "summary training filters",
    "no_history": "verdict summary yardsticks units columns filters reconstructions codes",
    "colours": "verdict summary yardsticks units columns training filters reconstructions codes",
    "holes": "verdict summary yardsticks units columns training filters reconstructions codes",
    "table_holes": "verdict summary yardsticks units columns training filters reconstructions "
    "codes",
}


class Opened(NamedTuple):
    """A page, and what it did that it should not have done."""

    page: Any
    complaints: list[str]


@contextmanager
def opened(browser, path, *, width=1000, scheme="light"):
    """Open a page in a context of its own, where any request is noted and goes nowhere."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    complaints: list[str] = []
    own = path.as_uri()

    def watch(route):
        if route.request.url == own:
            route.continue_()
        else:
            complaints.append(f"request {route.request.url[:80]}")
            route.abort()

    context.route(lambda url: not url.startswith("data:"), watch)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(f"error {error}"))
    page.on("dialog", lambda dialog: (complaints.append("dialog"), dialog.dismiss()))
    page.on(
        "console",
        lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None,
    )
    page.goto(own)
    # Not wait_for_function, which evaluates text in the page: its policy forbids that.
    for _ in range(200):
        if page.evaluate(READY):
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail(f"the charts were not drawn: {complaints}")
    yield Opened(page, complaints)
    context.close()


@pytest.mark.parametrize("state", STATES)
def test_everything_is_there_without_network_or_errors(browser, pages, state):
    with opened(browser, pages(state)) as (page, complaints):
        sections = page.eval_on_selector_all("section", "nodes => nodes.map(node => node.id)")
        assert sections == SECTIONS[state].split()
        assert page.locator("nav a").count() == len(sections)
        drawn = page.eval_on_selector_all(
            "img", "nodes => nodes.every(node => node.complete && node.naturalWidth > 0)"
        )
        assert drawn
        charts = page.locator(".chart canvas").count()
        assert (charts > 0) == bool({"training", "codes"} & set(sections))
        assert complaints == []


@pytest.mark.filterwarnings(
    "ignore:1 of 100 rows have no observed value:autoenc.rows.refusals.DomainWarning"
)
def test_missing_pixels_are_seen_and_counted(browser, pages, holes):
    worst = int(np.nanargmax(holes.errors))
    with opened(browser, pages("holes")) as (page, complaints):
        card = page.locator("#reconstructions article").first
        assert card.locator("h4").inner_text() == f"Row {worst}"
        assert f"{np.isnan(holes.rows[worst]).sum()} of 784 values missing" in card.inner_text()
        seen = card.locator("img").nth(0).evaluate(PIXELS)
        blue = np.array(seen).reshape(28, 28, 4)[..., :3] == MISSING
        np.testing.assert_array_equal(
            blue.all(axis=-1), np.isnan(holes.rows[worst]).reshape(28, 28)
        )
        assert page.get_by_text("Pixels that are missing in the input are blue").count() == 1
        assert complaints == []


PIXELS = """image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
}"""


@pytest.mark.parametrize("state", STATES)
def test_narrow_screens_do_not_scroll_sideways(browser, pages, state):
    with opened(browser, pages(state), width=360) as (page, complaints):
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        beyond = page.evaluate(
            "[...document.querySelectorAll('main > section > *')]"
            ".filter(node => node.getBoundingClientRect().right > 360.5).length"
        )
        assert beyond == 0
        assert complaints == []


@pytest.mark.parametrize("state", ["images", "table", "stack", "holes", "table_holes"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, pages, state, scheme):
    with opened(browser, pages(state), scheme=scheme) as (page, _):
        for summary in page.locator("summary").all():
            summary.click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


PLACE_OF_FIRST_POINT = """() => {
    const plot = Bokeh.documents.map(d => d.roots()[0]).find(p => p.name === "codes");
    const view = Bokeh.index.get_by_id(plot.id);
    const source = plot.renderers[0].data_source;
    const corner = view.el.getBoundingClientRect();
    return [
        corner.left + view.frame.x_scale.compute(source.get_column("x")[0]),
        corner.top + view.frame.y_scale.compute(source.get_column("y")[0]),
    ];
}"""


def test_hover_names_the_row(browser, pages, table):
    with opened(browser, pages("table")) as (page, complaints):
        page.locator("#codes-chart").scroll_into_view_if_needed()
        x, y = page.evaluate(PLACE_OF_FIRST_POINT)
        page.mouse.move(x - 1, y)
        page.mouse.move(x, y)
        values = page.locator(".bk-tooltip-row-value")
        values.first.wait_for(timeout=5_000)
        shown = [value.strip() for value in values.all_inner_texts()]
        assert shown == [f"{HOSTILE_ROW} 0", "<b>young", f"{table.errors[0]:.6g}"]
        assert complaints == []


def test_rows_are_looked_up_by_keyboard(browser, pages, table):
    with opened(browser, pages("table")) as (page, complaints):
        page.locator("#finder").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        answer = page.locator("#finder-answer").inner_text()
        assert answer.startswith(f"Row {HOSTILE_ROW} 1, old: error {table.errors[1]:.6g}, at (")
        selected = (
            'Bokeh.documents.map(d => d.roots()[0]).find(p => p.name === "codes")'
            ".renderers[0].data_source.selected.indices"
        )
        assert page.evaluate(f"[...{selected}]") == [1]
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        assert page.evaluate(f"[...{selected}]") == [59]
        page.locator("#finder").fill("nobody")
        assert page.locator("#finder-answer").inner_text() == "There is no such point."
        assert page.evaluate(f"[...{selected}]") == []
        assert complaints == []


COLOURS = """() => [
    getComputedStyle(document.body).backgroundColor,
    ...Bokeh.documents.map(d => d.roots()[0].below[0].axis_label_text_color),
]"""


def test_the_theme_is_that_of_the_system_and_changes_by_keyboard(browser, pages):
    seen = {}
    for scheme in ("light", "dark"):
        with opened(browser, pages("images"), scheme=scheme) as (page, complaints):
            seen[scheme] = page.evaluate(COLOURS)
            button = page.locator("#theme")
            assert button.get_attribute("aria-pressed") == str(scheme == "dark").lower()
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.id") == "theme"
            page.keyboard.press("Space")
            seen[f"not {scheme}"] = page.evaluate(COLOURS)
            assert button.get_attribute("aria-pressed") == str(scheme == "light").lower()
            assert complaints == []
    assert len(seen["light"]) == 3
    assert all(a != b for a, b in zip(seen["light"], seen["dark"], strict=True))
    assert seen["not light"] == seen["dark"]
    assert seen["not dark"] == seen["light"]


def test_the_first_key_leads_to_the_report(browser, pages):
    with opened(browser, pages("images")) as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_hostile_names_are_text(browser, pages):
    with opened(browser, pages("table")) as (page, complaints):
        assert page.get_by_role("rowheader", name=HOSTILE).count() > 0
        assert page.locator("img[onerror]").count() == 0
        assert page.locator("b").count() == 0
        assert complaints == []
