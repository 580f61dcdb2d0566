"""A device whose memory is too small for the data, a block, or a minibatch."""

import warnings

import pytest
from jax.errors import JaxRuntimeError

from autoenc.backends import resolve_backend
from autoenc.backends.interface import ROWS_PER_BLOCK
from autoenc.backends.xla.mirror import memory_errors
from autoenc.processes import ALONE
from tests.training.test_checkpoints import fit


class SmallDevice:
    """The C backend on a device that holds so many bytes of data at a time."""

    name, reason, description = "small", "a test", "C on a small device"
    rows_per_block = ROWS_PER_BLOCK
    processes = ALONE

    def __init__(self, n_bytes):
        self._c = resolve_backend("c", "cpu")
        self._n_bytes = n_bytes
        self.lengths = []

    def put(self, array):
        if array.nbytes > self._n_bytes:
            raise MemoryError(f"{array.nbytes} of {self._n_bytes} bytes")
        self.lengths.append(len(array))
        return self._c.put(array)

    def compile(self, step):
        return self._c.compile(step)

    def function(self, inputs, output):
        return self._c.function(inputs, output)


ROW = 30 * 4  # bytes


def test_data_that_does_not_fit_is_moved_block_by_block():
    device = SmallDevice(50 * ROW)
    with pytest.warns(UserWarning, match="blocks are transferred one at a time"):
        result = fit(None, backend=device)
    assert result == fit(None, backend="c")
    assert max(device.lengths) == 40


def test_a_block_that_does_not_fit_is_halved():
    device = SmallDevice(25 * ROW)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        params, costs = fit(None, backend=device, corruption=0)
    told = [str(warning.message) for warning in caught]
    assert "training continues in smaller blocks" in told[1]
    assert max(device.lengths) == 20
    assert (params, costs) == fit(None, backend="c", corruption=0)


@pytest.mark.filterwarnings("ignore:the d")
def test_a_minibatch_that_does_not_fit_is_an_error_that_says_what_to_do():
    with pytest.raises(MemoryError, match=r"a minibatch of 10 rows .*use a smaller batch_size"):
        fit(None, backend=SmallDevice(9 * ROW))


@pytest.mark.parametrize(
    ("told", "expected"),
    [("RESOURCE_EXHAUSTED: Out of memory", MemoryError), ("INTERNAL: other", JaxRuntimeError)],
)
def test_what_xla_says_of_a_full_device_is_a_memory_error(told, expected):
    with pytest.raises(expected, match=told), memory_errors():
        raise JaxRuntimeError(told)
