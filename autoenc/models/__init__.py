"""Fitted models: the results of training, and computations with them."""

from autoenc.models.results import write_results

__all__ = ["write_results"]
