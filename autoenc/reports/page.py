"""Rendering of a subject as a page."""

from __future__ import annotations

import os
from typing import Any

from autoenc.files import atomic_write
from autoenc.reports import charts
from autoenc.reports.numbers import shown
from autoenc.reports.sections import sections_of
from autoenc.reports.subject import Subject
from autoenc.tables import import_extra


def render_report(subject: Subject, *, title: str | None = None, created: str = "") -> str:
    """Make a page about a model.

    Parameters
    ----------
    subject : Subject
        The model, the rows to show, and their metadata.
    title : str, optional
        Title of the page; by default the name of the model's class.
    created : str
        Time of creation, in words. Without it, the same subject gives the same bytes.

    Returns
    -------
    str
        Self-contained HTML, including style, scripts and pictures.

    Raises
    ------
    MissingExtraError
        If Jinja2 or Bokeh is not installed.
    ValueError
        If the model refuses the rows, or there are fewer than two.
    """
    jinja2 = import_extra("jinja2", "report", "an HTML report")
    sections = sections_of(subject)
    has_charts = any(section.chart is not None for section in sections)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autoenc.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = _number
    # Bokeh's script must read the description of a model first, so keep the order of keys.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    text: str = environment.get_template("page.html").render(
        title=title or type(subject.model).__name__,
        data_name=subject.data_name,
        created=created,
        sections=sections,
        chart_script=charts.script() if has_charts else "",
    )
    return text


def write_report(
    path: str | os.PathLike[str], subject: Subject, *, title: str | None = None, created: str = ""
) -> None:
    """Write a page about a model to a file, completely or not at all; see `render_report`.

    Parameters
    ----------
    path : path
        File to write.
    subject : Subject
        Subject of the page.
    title : str, optional
        Title of the page.
    created : str
        Time of creation, as shown on the page.
    """
    text = render_report(subject, title=title, created=created)
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _number(value: Any) -> str:
    """Write counts in full, and other numbers with three digits."""
    return f"{value:,}" if isinstance(value, int) else shown(value)
