"""The command `autoenc`.

autoenc info          what would run here: backend, device, precision, versions
autoenc info MODEL    what a model file holds
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("pytensor", "jax", "numpy", "scipy-openblas32", "scikit-learn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line by default.

    Returns
    -------
    int
        Exit status: 0, or 1 after an error, which is told in words.
    """
    options = _parser().parse_args(arguments)
    try:
        lines = _describe_machine() if options.model is None else _describe_model(options.model)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autoenc", description="Autoencoders written as Theano graphs."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    info = commands.add_parser(
        "info",
        help="what would run here, or what a model file holds",
        description="Tell what would run here, or what a model file holds.",
        epilog="examples:\n  autoenc info\n  autoenc info model.safetensors",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    info.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a model file")
    return parser


def _describe_machine() -> list[str]:
    from pytensor import config

    from autoenc import __version__
    from autoenc.backends import resolve_backend

    backend = resolve_backend()
    return [
        f"autoenc {__version__}, Python {platform.python_version()}",
        f"backend   {backend.description}",
        f"because   {backend.reason}",
        f"floatX    {config.floatX}",
        *(f"{library:<18}{version(library)}" for library in LIBRARIES),
    ]


def _describe_model(path: Path) -> list[str]:
    from autoenc.storage import load_arrays

    arrays, description = load_arrays(path)
    settings = description.get("settings", {})
    fitted = description.get("fitted", {})
    history = fitted.get("history_") or [{}]
    return [
        f"{description.get('class')}({', '.join(f'{k}={v!r}' for k, v in settings.items())})",
        *(f"{name:<14}{array.dtype} {array.shape}" for name, array in arrays.items()),
        f"trained for {len(history)} epochs to a cost of {history[-1].get('cost')}",
        f"on {fitted.get('backend_')}",
        f"with {', '.join(f'{k} {v}' for k, v in description.get('versions', {}).items())}",
    ]


if __name__ == "__main__":
    sys.exit(main())
