"""Colours of labels, distinguishable with any colour vision.

>>> import numpy as np
>>> colours = colours_of(np.array(["cat", "dog", "cat"]), 3)
>>> list(colours.kinds), colours.rank.tolist()
(['cat', 'dog'], [0, 1, 0])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from autoenc.plotting.tiles import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Derived from M. A. Petroff's ten colours ("Accessible Color Sequences for Data Visualization",
# arXiv:2107.02270) by a search that moved them apart. Any two of them, and each of them and white,
# have a distance of at least 0.125 in OKLab, also under simulated protanopia, deuteranopia and
# tritanopia; Petroff's have 0.06. A test measures this.
PALETTE = (
    "#1b74fa",
    "#ee8700",
    "#910f0b",
    "#a481a7",
    "#640094",
    "#cd4409",
    "#ffd32f",
    "#a6bea0",
    "#50607c",
    "#00d8ff",
)
_WIDTH = 80  # number of characters that fit below several panels
_SCALE = "viridis"  # readable without colour, because its lightness is monotonic


@dataclass(frozen=True)
class Colours:
    """Colour of each point, and the meaning of the colours.

    Attributes
    ----------
    points : array of shape (n, 4)
        Red, green, blue and alpha of each point.
    kinds : mapping from text to colour
        Entries of the legend; empty if there are no kinds.
    rank : array of shape (n,)
        Position in `kinds` of the kind of each point; 0 if there are no kinds.
    span : (low, high) or None
        Ends of the colour bar, if there is one.
    """

    points: Array
    rank: Array
    kinds: Mapping[str, str] = field(default_factory=dict)
    span: tuple[float, float] | None = None


def colours_of(labels: ArrayLike | None, n: int) -> Colours:
    """Return the colours of `n` points with these labels."""
    from matplotlib.colors import to_rgba_array

    nowhere = np.zeros(n, dtype=np.intp)
    if labels is None:
        return Colours(to_rgba_array(PALETTE[0])[nowhere], nowhere)
    values = _labels(labels, n)
    distinct, rank = np.unique(values, return_inverse=True)
    if len(distinct) > len(PALETTE):
        return _shades(values, len(distinct))
    own = [PALETTE[i] for i in _places(distinct)]
    kinds = {text_of(value): colour for value, colour in zip(distinct, own, strict=True)}
    return Colours(to_rgba_array(own)[rank], rank, kinds)


def text_of(value: Any) -> str:
    """Return a number or a string for display: 3, not 3.0."""
    if isinstance(value, str):
        return value.replace("$", r"\$")  # a dollar sign would start a formula
    return str(value).removesuffix(".0")


def draw_legend(figure: Figure, axes: Sequence[Axes], colours: Colours) -> None:
    """Draw a legend or colour bar, right of the axes, or below if there are several."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.lines import Line2D

    if colours.span is not None:
        shades = ScalarMappable(Normalize(*colours.span), _SCALE)
        bar = figure.colorbar(shades, ax=axes, label="label", aspect=40)
        bar.outline.set_visible(False)
    if colours.kinds:
        dots = [
            Line2D([], [], linestyle="", marker="o", markersize=7, markeredgewidth=0, color=colour)
            for colour in colours.kinds.values()
        ]
        names = list(colours.kinds)
        style = {"frameon": False, "handletextpad": 0.2}
        if len(axes) == 1:
            axes[0].legend(dots, names, loc="center left", bbox_to_anchor=(1, 0.5), **style)
        else:
            columns = max(1, min(len(names), _WIDTH // (max(map(len, names)) + 5)))
            figure.legend(dots, names, loc="outside lower center", ncols=columns, **style)


def _labels(labels: ArrayLike, n: int) -> Array:
    values = np.asarray(labels)
    if values.dtype.kind in "OT" and all(isinstance(value, str) for value in values.flat):
        values = np.array([str(value) for value in values.flat]).reshape(values.shape)
    if values.dtype.kind not in "biufU":
        raise TypeError(f"labels have dtype {values.dtype}; expected numbers or strings.")
    if values.shape != (n,):
        advice = "pass as many labels as points"
        if values.shape == (n, 1):
            advice = "pass labels.ravel()"
        elif values.ndim == 2 and len(values) == n:
            advice = "pass labels.argmax(axis=1) if they are one-hot"
        raise ValueError(
            f"labels have shape {values.shape}; expected ({n},), one for each point: {advice}."
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        bad = int(np.argmin(np.isfinite(values)))
        raise ValueError(
            f"labels have {values[bad]} at row {bad}; expected finite labels. Leave such points "
            "out, or give them a separate label."
        )
    return values


def _shades(values: Array, distinct: int) -> Colours:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    if values.dtype.kind == "U":
        raise ValueError(
            f"labels have {distinct} different strings; expected at most {len(PALETTE)}, the "
            f"number of colours. Merge some, or plot {len(PALETTE)} of them at a time."
        )
    numbers = values.astype(np.float64)
    span = (float(np.min(numbers)), float(np.max(numbers)))
    points = ScalarMappable(Normalize(*span), _SCALE).to_rgba(numbers)
    return Colours(points, np.zeros(len(values), dtype=np.intp), span=span)


def _places(distinct: Array) -> list[int]:
    """Return positions in the palette; labels 0 … 9 always have the same positions."""
    places = range(len(PALETTE))
    if distinct.dtype.kind != "U" and np.isin(distinct, places).all():
        return [int(value) for value in distinct]
    return list(places[: len(distinct)])
