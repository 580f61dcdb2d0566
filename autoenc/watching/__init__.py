"""Watching a training: what a callback can do beside the progress bar."""

from autoenc.watching.saving import SaveEvery

__all__ = ["SaveEvery"]
