"""Fitted models: what training has found, and what can be computed with it."""

from autoenc.models.results import write_results

__all__ = ["write_results"]
