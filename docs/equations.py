"""Write equations as MathML, which browsers render natively; MathJax would need another host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from latex2mathml.converter import convert

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


def inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write an equation within a line of text."""
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


# In the theme, elements of this class that scroll can be reached by keyboard.
SCROLLS = "equation pst-scrollable-table-container"


def block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed equation, which scrolls if the screen is too narrow."""
    equation = convert(node.astext(), display="block")
    writer.body.append(f'<div class="{SCROLLS}">{equation}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register MathML as an output format of equations."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
