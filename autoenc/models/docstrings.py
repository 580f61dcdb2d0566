"""Docstrings of estimators, filled from the table of settings."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any, TypeVar

from autoenc.models.defaults import AUTO
from autoenc.models.settings import SETTINGS

Class = TypeVar("Class", bound=type[Any])


def documented(cls: Class) -> Class:
    """Insert the settings of a constructor, with defaults, into the docstring of its class.

    They replace the line ``{settings}``. Entries above that line replace those of the table of
    settings.
    """
    doc = inspect.cleandoc(cls.__doc__ or "")
    head, own, tail = re.split(r"(?s)(?<=Parameters\n----------\n)(.*?)\{settings\}\n", doc)
    entries = {e.split(" : ")[0]: e for e in re.split(r"\n(?=\w)", own.strip("\n")) if e}
    parameters = inspect.signature(cls).parameters.values()
    texts = [_entry(p, entries) for p in parameters if p.kind is not p.VAR_KEYWORD]
    cls.__doc__ = "\n".join([head.rstrip("\n"), *texts, tail, ""])
    return cls


def _entry(parameter: inspect.Parameter, entries: Mapping[str, str]) -> str:
    name = parameter.name
    first, _, rest = entries.get(name, "").partition("\n")
    if not rest:
        setting = SETTINGS[name]
        chosen = setting.auto and parameter.default == AUTO
        first = f"{name} : " + (f'"auto", {setting.kind}' if chosen else setting.kind)
        purpose = f'{setting.purpose} ``"auto"`` is {setting.auto}.' if chosen else setting.purpose
        rest = textwrap.fill(purpose, 95, initial_indent="    ", subsequent_indent="    ")
    if "optional" not in first:
        first += f", default {parameter.default!r}".replace("'", '"')
    return f"{first}\n{rest}"
