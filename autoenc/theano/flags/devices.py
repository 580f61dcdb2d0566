"""Interpretation of Theano's setting ``device`` on this machine."""

from __future__ import annotations

import functools
import logging
import os
import re

from autoenc.theano.flags.config import config

logger = logging.getLogger("theano")

_GPU = re.compile(r"(gpu|cuda|opencl)[\d:]*")


def asks_for_xla() -> bool:
    """Return whether the settings request XLA itself, or a GPU that exists."""
    if _engine_of_environment() == "xla":
        return True
    return cuda_is_asked_for()


def cuda_is_asked_for() -> bool:
    """Return whether the settings request a GPU and there is one."""
    return bool(_GPU.fullmatch(config.device)) and cuda_is_there()


@functools.cache
def cuda_is_there() -> bool:
    """Return whether XLA can use a CUDA GPU; log a warning once if it cannot."""
    from autoenc.backends import _has_cuda

    if _has_cuda():
        return True
    logger.warning(
        "device=%s was requested, but XLA finds no CUDA GPU here; everything runs on the CPU.",
        config.device,
    )
    return False


def _engine_of_environment() -> str:
    return os.environ.get("AUTOENC_BACKEND", "")
