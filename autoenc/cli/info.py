"""`autoenc info`: describe the backend of this machine, or the content of a model file."""

from __future__ import annotations

import argparse
import math
import platform
from pathlib import Path
from typing import Any

from autoenc.cli.parsing import new_parser
from autoenc.cli.terminal import say
from autoenc.tables.text import counted

LIBRARIES = ("pytensor", "jax", "numpy", "scipy-openblas32", "scikit-learn")
EXAMPLES = """\
  autoenc info
  autoenc info model.safetensors"""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(
        commands, "info", "describe the backend of this machine, or a model file", EXAMPLES
    )
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a model file")
    return parser


def run(options: argparse.Namespace) -> int:
    """Print a description."""
    lines = describe_machine() if options.model is None else describe_model(options.model)
    say("\n".join(lines))
    return 0


def describe_machine() -> list[str]:
    """Return lines about backend, precision and versions."""
    from pytensor import config

    from autoenc import __version__
    from autoenc.backends import resolve_backend
    from autoenc.versions import installed_versions

    backend, versions = resolve_backend(), installed_versions(LIBRARIES)
    return [
        f"autoenc {__version__}, Python {platform.python_version()}",
        f"backend   {backend.description}",
        f"because   {backend.reason}",
        f"floatX    {config.floatX}",
        *(f"{library:<18}{version}" for library, version in versions.items()),
    ]


def describe_model(path: Path) -> list[str]:
    """Return lines about the content of a model file."""
    from autoenc.models.model_files import read_description

    arrays, description = read_description(path)
    settings, fitted = description["settings"], description["fitted"]
    return [
        f"{description['class']}({', '.join(f'{k}={v!r}' for k, v in settings.items())})",
        *(f"{name:<14}{array.dtype} {array.shape}" for name, array in arrays.items()),
        *_describe_columns(description),
        _describe_training(fitted.get("history_", [])),
        f"on {fitted.get('backend_')}",
        f"with {', '.join(f'{k} {v}' for k, v in description.get('versions', {}).items())}",
    ]


def _describe_training(history: list[dict[str, Any]]) -> str:
    # The record of an epoch that was interrupted before its first minibatch has the cost NaN.
    costs = [record["cost"] for record in history if not math.isnan(record["cost"])]
    if not costs:
        return "not trained: stopped before the first minibatch"
    return f"trained for {counted(len(costs), 'epoch')} to a cost of {costs[-1]}"


def _describe_columns(description: dict[str, Any]) -> list[str]:
    table = description.get("table", {})
    names = description.get("feature_names_in_", table.get("columns"))
    lines = []
    if names:
        lines.append(f"columns       {', '.join(names)}")
    if table.get("image_shape"):
        lines.append(f"images        {' x '.join(map(str, table['image_shape']))}")
    if table.get("scaling"):
        kind = table["scaling"]["kind"]
        lines.append(f"scaling       {kind}: (value - offset) * factor")
    return lines
