"""Interactive curves and points, drawn by Bokeh.

Every page contains the script of the library. Bokeh's script has a quarter of the size of
Plotly's: 1.3 instead of 4.8 MB. The contents of a chart are also on the page as text, for readers
who cannot see the chart or use a pointer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autoenc.plotting.colours import PALETTE
from autoenc.plotting.planes import plane_of
from autoenc.tables import import_extra

Array: TypeAlias = np.ndarray[Any, Any]

# Maximum number of points, which a browser can draw and the eye can distinguish.
MOST_POINTS = 2_000
HEIGHT = 340
# Colour of points whose label is not a finite number.
_UNKNOWN = "#9e9e9e"
_SHADES = 256


@dataclass(frozen=True)
class Chart:
    """Chart, and the meaning of its colours.

    Attributes
    ----------
    content : dict
        Input of Bokeh's script.
    legend : dict from str to str
        Colour of each text.
    """

    content: dict[str, Any]
    legend: dict[str, str]


def script() -> str:
    """Return the script that draws charts, as distributed with Bokeh."""
    bokeh = import_extra("bokeh", "report", "an HTML report")
    return Path(bokeh.__file__).with_name("server").joinpath(
        "static", "js", "bokeh.min.js"
    ).read_text(encoding="utf-8")  # fmt: skip


def cost_chart(history: Sequence[Mapping[str, Any]]) -> Chart:
    """Draw the cost of each epoch, and the validation cost if there is one.

    Parameters
    ----------
    history : sequence of mappings
        At least one record with "epoch" and "cost" and, if available, "layer" and "valid_cost".
    """
    figure = _figure(
        "costs", "epoch", "cost", [("epoch", "@x"), ("", "@name"), ("cost", "@y{0.0000}")]
    )
    legend = {}
    for k, (name, points) in enumerate(curves(history).items()):
        colour = PALETTE[k % len(PALETTE)]
        dash = "solid" if k < len(PALETTE) else "dashed"
        from bokeh.models import ColumnDataSource

        x, y = (list(column) for column in zip(*points, strict=True))
        source = ColumnDataSource({"x": x, "y": y, "name": [name] * len(x)})
        figure.line("x", "y", source=source, line_color=colour, line_width=2, line_dash=dash)
        figure.scatter("x", "y", source=source, color=colour, size=7)
        legend[name] = colour
    return Chart(_content(figure), legend if len(legend) > 1 else {})


def curves(history: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """Sort records into curves: training and validation, of each layer.

    Examples
    --------
    >>> curves([{"epoch": 1, "cost": 80.0, "valid_cost": 85.0}, {"epoch": 2, "cost": 60.0}])
    {'training': [(1.0, 80.0), (2.0, 60.0)], 'validation': [(1.0, 85.0)]}
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for record in history:
        layer = f", layer {record['layer']}" if "layer" in record else ""
        for key, name in (("cost", "training"), ("valid_cost", "validation")):
            if record.get(key) is not None and np.isfinite(record[key]):
                point = (float(record["epoch"]), float(record[key]))
                found.setdefault(f"{name}{layer}", []).append(point)
    return found


def code_chart(codes: Array, names: Sequence[str], errors: Array, labels: Array | None) -> Chart:
    """Draw codes as points in the plane of their largest variance.

    Parameters
    ----------
    codes : array, (rows, units)
    names : sequence of str
        Names of the rows.
    errors : array, (rows,)
    labels : array, (rows,), optional
    """
    from bokeh.models import ColumnDataSource

    codes = np.asarray(codes, np.float64)
    plane = plane_of(codes, "codes", kind="unit")
    seen = plane.project(codes).astype(np.float32)
    colours, legend = _colours(labels, len(codes))
    data = {
        "x": seen[:, 0].tolist(),
        "y": (seen[:, 1] if seen.shape[1] > 1 else np.asarray(errors, np.float32)).tolist(),
        "row": list(names),
        "error": [f"{error:.6g}" for error in errors],
        "colour": colours,
    }
    tooltips = [("row", "@row"), ("error", "@error")]
    if labels is not None:
        data["label"] = [str(label) for label in labels]
        tooltips.insert(1, ("label", "@label"))
    below, left = (*plane.names, "error")[:2]
    figure = _figure("codes", below, left, tooltips)
    figure.scatter(
        "x",
        "y",
        source=ColumnDataSource(data),
        color="colour",
        line_color="#808080",
        line_width=0.5,
        fill_alpha=0.8,
        size=8,
        nonselection_fill_alpha=0.25,
        selection_line_width=3,
    )
    return Chart(_content(figure), legend)


def _colours(labels: Array | None, n: int) -> tuple[list[str], dict[str, str]]:
    """Return the colour of each point, and of each label if there are only a few."""
    if labels is None:
        return [PALETTE[0]] * n, {}
    kinds = sorted({str(label) for label in labels}, key=_numerically)
    if len(kinds) <= len(PALETTE):
        legend = dict(zip(kinds, PALETTE, strict=False))
        return [legend[str(label)] for label in labels], legend
    if labels.dtype.kind not in "biuf":
        return [PALETTE[0]] * n, {}
    from bokeh.palettes import viridis

    shades = viridis(_SHADES)
    numbers = np.asarray(labels, float)
    finite = np.isfinite(numbers)
    low, high = float(numbers[finite].min()), float(numbers[finite].max())
    places = (np.where(finite, numbers - low, 0) / (high - low) * (_SHADES - 1)).astype(int)
    legend = {f"{low:g}": shades[0], f"{high:g}": shades[-1]}
    found = zip(places, finite, strict=True)
    return [shades[place] if known else _UNKNOWN for place, known in found], legend


def _numerically(label: str) -> tuple[float, str]:
    try:
        return float(label), label
    except ValueError:
        return np.inf, label


def _figure(name: str, below: str, left: str, tooltips: list[tuple[str, str]]) -> Any:
    import_extra("bokeh", "report", "an HTML report")
    from bokeh.models import HoverTool
    from bokeh.plotting import figure

    # Tools that react to the wheel or to a finger would keep the page from scrolling.
    chart = figure(
        name=name,
        height=HEIGHT,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools=[HoverTool(tooltips=tooltips, mode="mouse", point_policy="snap_to_data")],
        x_axis_label=below,
        y_axis_label=left,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
    )
    chart.toolbar.logo = None
    return chart


def _content(figure: Any) -> dict[str, Any]:
    from bokeh.embed import json_item

    content: dict[str, Any] = _numbered(json_item(figure), figure.name)
    return content


def _numbered(item: Any, prefix: str) -> Any:
    """Count the models of a chart from 1, because Bokeh's own numbers depend on earlier charts."""
    numbers: dict[str, str] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: numbers.setdefault(value, f"{prefix}-{len(numbers) + 1}")
                if key in ("id", "root_id") and isinstance(value, str)
                else walk(value)
                for key, value in node.items()
            }
        return [walk(child) for child in node] if isinstance(node, list | tuple) else node

    return walk(item)
