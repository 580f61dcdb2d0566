"""Configuration of Sphinx, which builds the site: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

import api_pages

import autoenc

project = "autoenc"
copyright = "the autoenc developers"  # noqa: A001 - the name that Sphinx reads
author = "the autoenc developers"
version = release = autoenc.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "api_pages",
    "equations",
    "gallery",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
# Guides are also read without a build, so links between pages name files.
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
# Notebooks are stored without outputs, and run during the build. An error in one ends the build.
nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nitpicky = False

# By default, pages that are new since the last build would be omitted.
autosummary_generate = [f"api/{part}.md" for part in api_pages.TITLES]
autodoc_typehints = "none"  # docstrings describe the accepted types
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"  # fit() and not AutoEncoder.fit(), which may not fit
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "pydata_sphinx_theme"
html_title = f"autoenc {release}"
html_static_path = ["_static"]
html_css_files = ["autoenc.css"]
html_js_files = ["autoenc.js"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # light or dark, as the system is set
html_theme_options = {
    "navigation_with_keys": True,
    "show_toc_level": 2,
    "header_links_before_dropdown": 4,  # more would not fit into one line with the search
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
# Only pages of the API reference have subpages.
html_sidebars: dict[str, list[str]] = {"*": [], "guides/*": [], "notebooks/*": []}

# Methods that every estimator inherits from scikit-learn, whose documentation explains them.
INHERITED = ("get_metadata_routing", "set_output")


def skip(_: Sphinx, kind: str, name: str, *__: Any) -> bool | None:
    """Omit methods of scikit-learn from the reference; None leaves the choice to autodoc."""
    request = name.startswith("set_") and name.endswith("_request")
    return True if kind == "class" and (name in INHERITED or request) else None


def setup(app: Sphinx) -> None:
    """Register the functions that Sphinx calls during the build."""
    app.connect("autodoc-skip-member", skip)
