"""Plots of filters, reconstructions, codes and training curves.

Every function takes plain arrays and does not depend on a model. Figures are built without pyplot:
no window is opened, no global figure or setting is changed, and unreferenced figures are freed.

>>> import numpy as np
>>> from autoenc.plotting import plot_filters, tile_images
>>> W = np.random.default_rng(0).normal(size=(784, 500))
>>> figure = plot_filters(W.T)  # rows are units, hence the transpose
>>> tile_images(W.T, (28, 28), (10, 10), spacing=(1, 1)).shape
(289, 289)
"""

from autoenc.plotting.curves import plot_loss
from autoenc.plotting.debug import plot_debug
from autoenc.plotting.figures import save_figure
from autoenc.plotting.filter_history import plot_filters_over_time
from autoenc.plotting.images import plot_filters, plot_reconstructions
from autoenc.plotting.scatter import plot_codes
from autoenc.plotting.tiles import tile_images

__all__ = [
    "plot_codes",
    "plot_debug",
    "plot_filters",
    "plot_filters_over_time",
    "plot_loss",
    "plot_reconstructions",
    "save_figure",
    "tile_images",
]
