"""Package metadata, all of which is in this file."""

import gzip
import os
import re
import tarfile
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent


def described(readme: str) -> str:
    """Return the README for a package index, which has neither the pictures nor the files.

    Pictures are removed with their captions, and links to files are replaced by their text.
    """
    without_pictures = re.sub(r"!\[[^]]*\]\([^)]*\)\n\n\*[^*]*\*\n\n", "", readme)
    return re.sub(r"\[([^]]*)\]\((?!https?:)[^)]*\)", r"\1", without_pictures)


class ReproducibleArchive(sdist):
    """A source archive whose bytes depend only on its files and on ``SOURCE_DATE_EPOCH``.

    Wheels already have this property. In source archives, setuptools stores the time and the user
    of the build.
    """

    def make_archive(self, base_name, *_, base_dir, **__):
        """Write the files of a folder, in order, to a compressed archive."""
        path = Path(f"{base_name}.tar.gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        date = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
        files = sorted(file for file in Path(base_dir).rglob("*") if file.is_file())
        with (
            path.open("wb") as written,
            gzip.GzipFile("", "wb", fileobj=written, mtime=date) as compressed,
            tarfile.open(fileobj=compressed, mode="w") as archive,
        ):
            for file in files:
                entry = archive.gettarinfo(file)
                entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = date, 0, 0, "", ""
                entry.mode = 0o755 if entry.mode & 0o100 else 0o644
                with file.open("rb") as content:
                    archive.addfile(entry, content)
        return str(path)


TABLES = ["pandas>=2.2", "pyarrow>=15"]
REPORT = ["jinja2>=3.1", "bokeh>=3.4"]
ONNX = ["onnx>=1.16"]
TENSORBOARD = ["tensorboardX>=2.6.4"]
# MLflow no longer writes to plain files; a local database needs SQLAlchemy.
MLFLOW = ["mlflow-skinny>=3.17", "sqlalchemy>=2", "alembic>=1.13"]

SCALE = ["h5py>=3.10", "zarr>=3", "pyarrow>=15", "polars>=1.34", "dask[array]>=2024.8"]

# Cluster engines for the examples, hundreds of megabytes. Spark also needs Java 17 or 21.
ENGINES = [
    *TABLES,
    "dask[array,distributed]>=2025.1",
    "dask-ml>=2025.1",
    "ray[data]>=2.49",
    "pyspark>=4.1",
]

DOCS = [
    *TABLES,
    *TENSORBOARD,
    "sphinx>=8",
    "pydata-sphinx-theme>=0.16",
    "myst-nb>=1.2",  # renders pages in Markdown, and runs notebooks
    "ipykernel>=6.29",
    "latex2mathml>=3.77",
    "numpydoc>=1.8",
    "sphinx-copybutton>=0.5.2",
    "sphinx-design>=0.6",
]

TEST = [
    *TABLES,
    *REPORT,
    *ONNX,
    *TENSORBOARD,
    *MLFLOW,
    *SCALE,
    "datasets>=3",
    "optuna>=4",
    "hypothesis>=6.100",
    "mypy>=1.15",
    "numpydoc>=1.8",
    "pytest>=8.3",
    "pytest-xdist>=3.6",
    # Independent readers of written files, a real notebook and a real browser.
    "axe-playwright-python>=0.1.4",
    "ipykernel>=6.29",
    "ipywidgets>=8",
    "nbclient>=0.10",
    "onnxruntime>=1.18",
    "playwright>=1.45",
    "tensorboard>=2.18",
    "ruff>=0.11",
]

setup(
    name="autoenc",
    cmdclass={"sdist": ReproducibleArchive},
    version="1.0.0",
    description="Autoencoders written as Theano graphs, running on today's hardware",
    long_description=described((ROOT / "README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
    author="the autoenc developers",
    keywords="autoencoder, denoising autoencoder, Theano, PyTensor, anomaly detection, imputation",
    license="BSD-3-Clause",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    # The wheel contains the small files of `data/`, where a checkout finds them, too.
    packages=[*find_packages(include=["autoenc", "autoenc.*"]), "autoenc.data"],
    package_dir={"autoenc.data": "data"},
    package_data={
        "autoenc": ["py.typed"],
        "autoenc.backends.c.kernels": ["*.cpp", "*.h"],
        "autoenc.backends.xla.thin": ["*.cpp", "*.cu", "*.h"],
        "autoenc.data": ["donuts.csv", "mnist_sample.npz", "README.md"],
        "autoenc.reports": ["templates/*"],
        "autoenc.theano.known": ["*.txt"],
    },
    install_requires=[
        "numpy>=1.26",
        # autoenc uses private names of PyTensor; versions 3.0.7 and 3.3.8 are tested.
        "pytensor>=3.0.7,<4",
        "filelock>=3.15",
        "jax>=0.5",
        "scipy-openblas32>=0.3.28",
        "scikit-learn>=1.6",
        "matplotlib>=3.8",
        "pillow>=10",
        "tqdm>=4.66",
        "safetensors>=0.4.5",
        "pooch>=1.8",
        "requests>=2.31",
        "threadpoolctl>=3.1",
        "fissix>=24.4",
        "six>=1.16",
    ],
    extras_require={
        "mkl": ["mkl>=2024; platform_machine == 'x86_64' or platform_machine == 'AMD64'"],
        "cuda": ["jax[cuda12]>=0.5"],
        "docs": DOCS,
        "engines": ENGINES,
        "mlflow": MLFLOW,
        "onnx": ONNX,
        "report": REPORT,
        "scale": SCALE,
        "tables": TABLES,
        "tensorboard": TENSORBOARD,
        "test": TEST,
    },
    entry_points={"console_scripts": ["autoenc = autoenc.cli:main"]},
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Environment :: GPU :: NVIDIA CUDA",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
