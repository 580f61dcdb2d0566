"""The site in a real Chromium, in light and dark mode, on wide and narrow screens."""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

PAGES = (
    "index.html",
    "guides/tables.html",
    "api/estimators.html",
    "api/generated/autoenc.estimators.DenoisingAutoEncoder.html",
    "gallery.html",
    "notebooks/tour.html",
    "benchmarks.html",
    "search.html",
)
SCHEMES = ("light", "dark")


@contextmanager
def opened(browser, address, path, *, width=1200, scheme="light"):
    """Open a page in its own context; record requests to other hosts, errors and warnings."""
    complaints: list[str] = []

    def watch(route):
        if route.request.url.startswith(address):
            route.continue_()
        else:
            complaints.append(f"request {route.request.url[:80]}")
            route.abort()

    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    context.route(lambda url: not url.startswith("data:"), watch)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(f"error {error}"))
    page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if not r.ok else None)
    page.on(
        "console",
        lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None,
    )
    page.goto(f"{address}/{path}", wait_until="load")
    yield page, complaints
    context.close()


DRAWN = """async () => {
    const images = [...document.images];
    for (const image of images) image.loading = "eager";
    await Promise.all(images.map(image => image.decode()));
}"""


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_whole_without_errors_or_other_hosts(browser, address, path):
    with opened(browser, address, path) as (page, complaints):
        page.evaluate(DRAWN)
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").count() == 1
        empty = page.locator(".bd-sidebar-primary:visible:not(:has(nav a))")
        assert empty.count() == 0
        assert complaints == []


SERIOUS = ("serious", "critical")


def serious(found):
    """What axe found, in words: the rule and the first places."""
    return [
        f"{violation['id']}: {[node['html'][:200] for node in violation['nodes'][:5]]}"
        f" {violation['nodes'][0]['failureSummary']}"
        for violation in found.response["violations"]
        if violation["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(browser, address, path, scheme):
    with opened(browser, address, path, scheme=scheme) as (page, _):
        assert page.locator("html").get_attribute("data-theme") == scheme
        assert serious(Axe().run(page)) == []


# Whatever reaches over the right edge and does not scroll in an element of its own.
BEYOND = """() => {
    const edge = document.documentElement.clientWidth + 1;
    const scrolls = node => node !== document.body && node !== document.documentElement &&
        ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(node).overflowX);
    const contained = node => {
        for (let it = node.parentElement; it; it = it.parentElement)
            if (scrolls(it) && it.getBoundingClientRect().right <= edge) return true;
        return false;
    };
    return [...document.querySelectorAll("main *")]
        .filter(node => node.getBoundingClientRect().right > edge && !contained(node))
        .map(node => node.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("path", PAGES)
def test_narrow_screens_do_not_scroll_sideways(browser, address, path):
    with opened(browser, address, path, width=400) as (page, complaints):
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        assert page.evaluate(BEYOND) == []
        assert complaints == []


WIDE = """nodes => nodes.filter(node => node.scrollWidth > node.clientWidth).map(
    node => (node.scrollLeft = 5, [node.scrollLeft, node.tabIndex]))"""


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("benchmarks.html", ".pst-scrollable-table-container"),
        ("guides/tables.html", "article pre"),
    ],
)
def test_wide_tables_and_code_scroll_by_themselves(browser, address, path, area):
    with opened(browser, address, path, width=400) as (page, _):
        wide = page.locator(area).evaluate_all(WIDE)
        assert wide
        # A keyboard reaches them.
        assert all(it == [5, 0] for it in wide)


def test_narrow_screens_have_the_navigation_behind_a_button(browser, address):
    with opened(browser, address, "index.html", width=400) as (page, complaints):
        page.locator("button.primary-toggle").click()
        links = page.locator("dialog[open]").get_by_role("link")
        links.filter(has_text="API reference").click()
        page.wait_for_url("**/api/index.html")
        assert page.locator("h1").inner_text().startswith("API reference")
        assert complaints == []


def test_links_of_the_header_open_their_pages(browser, address):
    with opened(browser, address, "index.html") as (page, complaints):
        shown = page.locator("header a.nav-internal:visible")
        names = shown.all_inner_texts()
        assert len(names) >= 5
        for name in names:
            page.locator("header a.nav-internal:visible").get_by_text(name, exact=True).click()
            page.locator("header .current:visible").get_by_text(name, exact=True).wait_for()
        assert complaints == []


@pytest.mark.parametrize("word", ["contractive", "imputation"])
def test_search_finds_pages_that_open(browser, address, word):
    with opened(browser, address, "index.html") as (page, complaints):
        page.keyboard.press("Control+k")
        page.keyboard.type(word)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/search.html?q={word}")
        page.locator("#search-results > p").filter(has_text="found").wait_for()
        results = page.locator("#search-results li a")
        assert results.count() > 2
        results.first.click()
        page.wait_for_url(lambda url: "search.html" not in url)
        assert word in page.locator("article").inner_text().lower()
        assert complaints == []


def test_search_says_where_nothing_is_found(browser, address):
    with opened(browser, address, "search.html?q=zzzyzx") as (page, complaints):
        page.get_by_text("did not match any documents").wait_for()
        assert complaints == []


def luminance(picture):
    """Mean relative luminance of a picture, from 0 (black) to 1 (white)."""
    channels = np.asarray(Image.open(BytesIO(picture)).convert("RGB")) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return (linear @ [0.2126, 0.7152, 0.0722]).mean()


def test_the_scheme_is_that_of_the_system_and_changes_by_button(browser, address):
    seen = {}
    for scheme in SCHEMES:
        with opened(browser, address, "index.html", scheme=scheme) as (page, complaints):
            seen[scheme] = luminance(page.screenshot())
            other = SCHEMES[scheme == "light"]
            page.locator("button.theme-switch-button:visible").first.click()
            page.locator(f"button.theme-change-button[data-mode={other}]:visible").click()
            assert page.locator("html").get_attribute("data-theme") == other
            page.reload()  # the choice is kept
            assert page.locator("html").get_attribute("data-theme") == other
            page.mouse.move(0, 0)
            seen[f"not {scheme}"] = luminance(page.screenshot())
            assert complaints == []
    assert seen["dark"] < 0.2
    assert seen["light"] > 0.7
    assert seen["not light"] == pytest.approx(seen["dark"], abs=0.02)
    assert seen["not dark"] == pytest.approx(seen["light"], abs=0.02)


# White is 1.
GLARE = 0.6


@pytest.mark.parametrize(
    "path", ["index.html", "gallery.html", "notebooks/tour.html", "benchmarks.html"]
)
def test_pictures_do_not_glare_in_the_dark(browser, address, path):
    with opened(browser, address, path, scheme="dark") as (page, _):
        page.evaluate(DRAWN)
        pictures = page.locator("article img").all()
        assert pictures
        glaring = {
            picture.get_attribute("src"): brightness
            for picture in pictures
            if (brightness := luminance(picture.screenshot())) > GLARE
        }
        assert glaring == {}
