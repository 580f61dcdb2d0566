"""Where the tests of XLA run: on the CPU, or where ``AUTOENC_TEST_DEVICE`` says."""

import os

DEVICE = os.environ.get("AUTOENC_TEST_DEVICE", "cpu")


def device_of(backend: str) -> str:
    """Return the device for the tests of a backend."""
    return DEVICE if backend == "xla" else "cpu"
