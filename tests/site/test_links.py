"""Links of all pages of the site are valid, and nothing is loaded from other hosts."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest

ADDRESSES = {
    "a": "href",
    "form": "action",
    "link": "href",
    "img": "src",
    "script": "src",
    "iframe": "src",
}
HOST = "https://site.invalid/"


class Page(HTMLParser):
    """What a page points to, what it loads, and what can be pointed to in it."""

    def __init__(self, text):
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Collect the addresses and the anchors of a tag."""
        values = dict(attributes)
        self.anchors |= {values[key] for key in ("id", "name") if values.get(key)}
        if (address := values.get(ADDRESSES.get(tag))) is not None:
            (self.links if tag in ("a", "form") else self.loaded).add(address)


@pytest.fixture(scope="module")
def pages(site):
    """Return all pages by their path in the site."""
    paths = (path for path in site.rglob("*.html") if "_static" not in path.parts)
    return {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in paths
    }


def is_inside(target):
    return target.startswith(HOST)


def trouble(site, pages, target):
    """Return what is missing where a link leads, or None."""
    parts = urlsplit(target)
    path = unquote(parts.path).lstrip("/") or "index.html"
    if not (site / path).is_file():
        return "no such file"
    if path in pages and unquote(parts.fragment) not in pages[path].anchors:
        return "no such anchor"
    return None


def test_the_site_is_whole(pages):
    assert {"index.html", "search.html", "gallery.html", "api/index.html"} <= set(pages)
    assert len(pages) > 100


def test_links_and_anchors_resolve(site, pages):
    broken = [
        f"{path}: {link} ({reason})"
        for path, page in pages.items()
        for link in sorted(page.links | page.loaded)
        if is_inside(target := urljoin(HOST + path, link))
        and (reason := trouble(site, pages, target))
    ]
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(pages):
    loaded = {
        f"{path}: {address}"
        for path, page in pages.items()
        for address in page.loaded
        if not address.startswith("data:") and not is_inside(urljoin(HOST + path, address))
    }
    assert loaded == set()


def test_every_page_is_reached_from_the_first(pages):
    reached, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        targets = (urljoin(HOST + path, link) for link in pages[path].links)
        inside = {unquote(urlsplit(it).path).lstrip("/") for it in targets if is_inside(it)}
        waiting += inside & set(pages)
    assert set(pages) - reached == set()
