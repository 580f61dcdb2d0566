"""What Theano's ``device`` means on this machine."""

from __future__ import annotations

import functools
import logging
import os
import re

from autoenc.theano.flags.config import config

logger = logging.getLogger("theano")

_GPU = re.compile(r"(gpu|cuda|opencl)[\d:]*")


def asks_for_xla() -> bool:
    """Whether the settings request an existing GPU, or XLA itself."""
    if _engine_of_environment() == "xla":
        return True
    return cuda_is_asked_for()


def cuda_is_asked_for() -> bool:
    """Whether the settings request a GPU and there is one."""
    return bool(_GPU.fullmatch(config.device)) and cuda_is_there()


@functools.cache
def cuda_is_there() -> bool:
    """Whether there is a CUDA GPU that XLA can use; if not, print a message once."""
    from autoenc.backends import _has_cuda

    if _has_cuda():
        return True
    logger.warning(
        "device=%s was asked for, but XLA finds no CUDA GPU here; everything runs on the CPU.",
        config.device,
    )
    return False


def _engine_of_environment() -> str:
    return os.environ.get("AUTOENC_BACKEND", "")
