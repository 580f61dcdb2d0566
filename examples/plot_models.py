"""Plot saved models, during training or later.

    python examples/plot_models.py out/models            # every model file in a folder
    python examples/plot_models.py a.safetensors b.safetensors

``fit(X, callbacks=[SaveEvery("out/models", epochs=1)])`` saves models during training. Only the
files are read here: no estimator is needed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autoenc.plotting import plot_filters, plot_filters_over_time, plot_loss
from autoenc.storage import load_arrays


def main(arguments: Sequence[str] | None = None) -> list[Path]:
    """Plot the filters of each model, their change over time, and the cost."""
    options = parse(arguments)
    paths = model_files(options.models)
    weights, written = [], []
    history: list[dict[str, float]] = []
    for path in paths:
        arrays, description = load_arrays(path)
        weights.append(arrays["W"].T)
        history = description["fitted"].get("history_", history)
        picture = options.output / f"{path.stem}_filters.png"
        plot_filters(weights[-1], path=picture, title=path.stem)
        written.append(picture)
    if len({W.shape for W in weights}) == 1 and len(weights) > 1:
        for name in ("filters_over_time.gif", "filters_over_time.png"):
            plot_filters_over_time(weights, path=options.output / name)
            written.append(options.output / name)
    if history:
        plot_loss(history, path=options.output / "loss.png")
        written.append(options.output / "loss.png")
    print(*written, sep="\n")
    return written


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("models", type=Path, nargs="+", help="model files, or folders of them")
    parser.add_argument(
        "--output", type=Path, default=Path("out/plot_models"), help="folder (%(default)s)"
    )
    return parser.parse_args(arguments)


def model_files(places: Sequence[Path]) -> list[Path]:
    """Return the model files in all places, sorted by name."""
    found = [
        file
        for place in places
        for file in (sorted(place.glob("*.safetensors")) if place.is_dir() else [place])
    ]
    if not found:
        raise FileNotFoundError(
            f"no model files (*.safetensors) in {', '.join(map(str, places))}."
        )
    return found


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
