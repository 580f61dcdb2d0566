"""Elements of the sections of a page; the template defines their appearance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autoenc.reports.charts import Chart


@dataclass(frozen=True)
class Picture:
    """A picture within the page.

    Attributes
    ----------
    uri : str
        The picture itself.
    alt : str
        Description, for readers who cannot see the picture.
    caption : str
    width, height : int
        Size in pixels of the image, for its proportions.
    is_large : bool
        Whether the picture consists of many images.
    """

    uri: str
    alt: str
    caption: str
    width: int
    height: int
    is_large: bool = False


@dataclass(frozen=True)
class Bar:
    """A number with a bar.

    Attributes
    ----------
    label, text : str
        Name of the number, and the number itself.
    share : float
        Length of the bar, as a fraction of the maximum.
    is_negative : bool
    """

    label: str
    text: str
    share: float
    is_negative: bool = False


@dataclass(frozen=True)
class Grid:
    """A table; the first cell of each row names the row.

    Attributes
    ----------
    caption : str
    head : sequence of str
    rows : sequence of sequences of str, float or Bar
    is_folded : bool
        Whether the table is hidden until the reader opens it.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | float | Bar]]
    is_folded: bool = False


@dataclass(frozen=True)
class Card:
    """One row of the data, or one unit.

    Attributes
    ----------
    title, text : str
    pictures : sequence of Picture
    grid : Grid, optional
    """

    title: str
    text: str
    pictures: Sequence[Picture] = ()
    grid: Grid | None = None


@dataclass(frozen=True)
class Group:
    """Cards under a heading; wide cards contain tables of several columns."""

    title: str
    cards: Sequence[Card]
    is_wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    identifier, title : str
    texts, points : sequence of str
        Paragraphs, and a list below them.
    grids, pictures, groups : sequences
    chart : Chart, optional
    chart_text : str
        Description of the chart.
    has_finder : bool
        Whether points of the chart can be looked up by row.
    """

    identifier: str
    title: str
    texts: Sequence[str] = ()
    points: Sequence[str] = ()
    grids: Sequence[Grid] = ()
    pictures: Sequence[Picture] = ()
    groups: Sequence[Group] = ()
    chart: Chart | None = None
    chart_text: str = ""
    has_finder: bool = False
