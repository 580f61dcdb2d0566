"""Autoencoders written as Theano graphs, running on today's hardware.

>>> from autoenc import AutoEncoder, load_mnist
>>> train, valid, test = load_mnist(sample=True)
>>> ae = AutoEncoder(n_hidden=16, n_epochs=1, random_state=0, verbose=False)
>>> ae.fit(train.images[:200]).transform(test.images).shape
(1000, 16)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autoenc.configuration import configure_pytensor, user_settings

if TYPE_CHECKING:
    from autoenc.datasets import load_mnist
    from autoenc.estimators import (
        AutoEncoder,
        AutoEncoderDetector,
        DeepAutoEncoder,
        DenoisingAutoEncoder,
        PerceptronClassifier,
        SoftmaxClassifier,
        StackedDenoisingAutoEncoder,
        StackedDenoisingClassifier,
        fit_many,
    )
    from autoenc.plotting import (
        plot_codes,
        plot_debug,
        plot_filters,
        plot_filters_over_time,
        plot_loss,
        plot_reconstructions,
        tile_images,
    )
    from autoenc.training import train

__version__ = "1.0.0"

# Module of each public name. Modules are imported when a name is first requested, so that
# `import autoenc` does not wait for scikit-learn, JAX or matplotlib.
_HOMES = {
    "AutoEncoder": "autoenc.estimators",
    "AutoEncoderDetector": "autoenc.estimators",
    "DeepAutoEncoder": "autoenc.estimators",
    "DenoisingAutoEncoder": "autoenc.estimators",
    "PerceptronClassifier": "autoenc.estimators",
    "SoftmaxClassifier": "autoenc.estimators",
    "StackedDenoisingAutoEncoder": "autoenc.estimators",
    "StackedDenoisingClassifier": "autoenc.estimators",
    "fit_many": "autoenc.estimators",
    "load_mnist": "autoenc.datasets",
    "plot_codes": "autoenc.plotting",
    "plot_debug": "autoenc.plotting",
    "plot_filters": "autoenc.plotting",
    "plot_filters_over_time": "autoenc.plotting",
    "plot_loss": "autoenc.plotting",
    "plot_reconstructions": "autoenc.plotting",
    "tile_images": "autoenc.plotting",
    "train": "autoenc.training",
}
_ROOMS = (
    "analysis",
    "backends",
    "datasets",
    "distributed",
    "estimators",
    "export",
    "graph",
    "models",
    "plotting",
    "reports",
    "rows",
    "configuration",
    "sources",
    "storage",
    "tables",
    "training",
    "watching",
)

__all__ = [
    "AutoEncoder",
    "AutoEncoderDetector",
    "DeepAutoEncoder",
    "DenoisingAutoEncoder",
    "PerceptronClassifier",
    "SoftmaxClassifier",
    "StackedDenoisingAutoEncoder",
    "StackedDenoisingClassifier",
    "__version__",
    "fit_many",
    "load_mnist",
    "plot_codes",
    "plot_debug",
    "plot_filters",
    "plot_filters_over_time",
    "plot_loss",
    "plot_reconstructions",
    "tile_images",
    "train",
]

configure_pytensor(user_settings())


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"autoenc.{name}")
    raise AttributeError(f"module 'autoenc' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_ROOMS})
