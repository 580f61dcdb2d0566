"""The device for tests of XLA: that of ``AUTOENC_TEST_DEVICE``, by default the CPU."""

import os

DEVICE = os.environ.get("AUTOENC_TEST_DEVICE", "cpu")


def device_of(backend: str) -> str:
    """Return the device for the tests of a backend."""
    return DEVICE if backend == "xla" else "cpu"
