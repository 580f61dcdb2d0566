"""Make ``mnist_sample.npz``, the bundled digits, from the full MNIST.

Usage: ``python data/make_sample.py PATH``, with any file or folder that
`autoenc.datasets.load_mnist` reads. The same digits give the same bytes.
"""

import sys
from pathlib import Path

import numpy as np

from autoenc.datasets import load_mnist
from autoenc.datasets.splits import SAMPLE
from autoenc.files import atomic_write

TARGET = Path(__file__).with_name("mnist_sample.npz")


def main(path: str, target: Path = TARGET) -> None:
    """Write the first digits of each part of the MNIST at `path`, as bytes, to `target`."""
    data = load_mnist(path)
    arrays = {}
    for part, n_images, name in zip(data, SAMPLE, data._fields, strict=True):
        # Exact, since a pixel is its byte divided by 256.
        arrays[f"{name}_images"] = (part.images[:n_images] * 256).astype(np.uint8)
        arrays[f"{name}_labels"] = part.labels[:n_images].astype(np.uint8)
    with atomic_write(target) as temporary:
        np.savez_compressed(temporary, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
