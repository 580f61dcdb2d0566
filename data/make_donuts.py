"""Make ``donuts.csv``, the bundled donuts.

Usage: ``python data/make_donuts.py``. Six decimals are kept, so that the last bits, which
differ between machines, leave the bytes the same.
"""

from pathlib import Path

from autoenc.datasets import make_donuts
from autoenc.datasets.donuts import COLUMNS, FILE_NAME
from autoenc.files import atomic_write

TARGET = Path(__file__).with_name(FILE_NAME)


def main(target: Path = TARGET) -> None:
    """Write the points of ``make_donuts()``, a header line before them, to `target`."""
    lines = [",".join([*COLUMNS, "label"])]
    for point, label in zip(*make_donuts(), strict=True):
        lines.append(",".join([*(f"{value:.6f}" for value in point), str(label)]))
    with atomic_write(target) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
