"""Run the examples that draw pictures, and write the page that shows the pictures."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "_static" / "gallery"


class Story(NamedTuple):
    """An example, its arguments for the page, and the pictures that are shown."""

    name: str
    arguments: tuple[str, ...]
    pictures: tuple[str, ...]


STORIES = (
    Story(
        "train_mnist",
        ("--sample",),
        ("filters_side_by_side.png",),
    ),
    Story("denoising", (), ("filters_salt_and_pepper_20.png", "reconstructions_masking_50.png")),
    Story("contractive", (), ("filters_0.png", "filters_1.png")),
    Story("donuts", (), ("donuts.png",)),
    Story("watching", (), ("filters.gif",)),
)


def page(stories: tuple[Story, ...]) -> str:
    """Return the page in Markdown."""
    return "# Gallery\n\n" + "\n".join(map(section, stories))


def section(story: Story) -> str:
    """Return the section of an example: its docstring, its command and its pictures."""
    path = ROOT / "examples" / f"{story.name}.py"
    summary, _, rest = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition(
        "\n"
    )
    command = " ".join(["python", f"examples/{path.name}", *story.arguments])
    words = rest.partition("\n    python")[0].strip()
    shown = "\n".join(
        f"![{summary} {picture}](_static/gallery/{story.name}/{picture})"
        for picture in story.pictures
    )
    return f"## {summary.rstrip('.')}\n\n{words}\n\n```\n{command}\n```\n\n{shown}\n"


def draw(story: Story) -> None:
    """Run an example, unless its pictures exist and are newer than its code."""
    folder = PICTURES / story.name
    code = (ROOT / "examples" / f"{story.name}.py").stat().st_mtime
    made = [folder / picture for picture in story.pictures]
    if all(path.exists() and path.stat().st_mtime > code for path in made):
        return
    command = [sys.executable, f"examples/{story.name}.py", *story.arguments]
    subprocess.run([*command, "--output", str(folder)], cwd=ROOT, check=True)


def build() -> None:
    """Draw all pictures and write the page."""
    for story in STORIES:
        draw(story)
    (ROOT / "docs" / "gallery.md").write_text(page(STORIES), encoding="utf-8")


def setup(_: Sphinx) -> dict[str, bool]:
    """Write the page before Sphinx searches for source files."""
    build()
    return {"parallel_read_safe": True, "parallel_write_safe": True}
