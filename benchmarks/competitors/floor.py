"""The lower bound: only the five matrix products of a step, computed by a BLAS called directly.

Row-major arrays are passed to Fortran's ``sgemm`` as their transposes. The products write into the
same arrays every time. W is updated in place by a negligible amount, so that its values stay the
same. No cost is computed.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import work
from benchmarks.blas import load_sgemm
from benchmarks.worker import Task, serve

if TYPE_CHECKING:
    import numpy.typing as npt

TINY = -1e-12


class Matrices:
    """The arrays of a step, and the arguments of ``sgemm`` on them."""

    def __init__(self, task: Task) -> None:
        self.W = work.start(task)[0]
        self.code = np.zeros((task.batch_size, task.n_hidden), np.float32)
        self.output = np.zeros((task.batch_size, task.n_visible), np.float32)
        self.code_gradient = np.zeros_like(self.code)
        self._sizes = {
            "B": ctypes.c_int(task.batch_size),
            "V": ctypes.c_int(task.n_visible),
            "H": ctypes.c_int(task.n_hidden),
        }

    def call(
        self, transposes: str, sizes: str, a: str, b: ctypes.c_void_p, c: str
    ) -> tuple[Any, ...]:
        """Return the arguments of one call; ``a`` and ``c`` name arrays, ``b`` is an address."""
        in_place = c == "W"
        A, C = getattr(self, a), getattr(self, c)
        ld_a, ld_c = (ctypes.c_int(array.shape[1]) for array in (A, C))
        m, n, k = (self._sizes[letter] for letter in sizes)
        ld_b = k if transposes[1] == "N" else n
        alpha, beta = ctypes.c_float(TINY if in_place else 1), ctypes.c_float(in_place)
        pointers = (ctypes.byref(v) for v in (m, n, k, alpha))
        ta, tb = (ctypes.c_char_p(letter.encode()) for letter in transposes)
        return (
            *(ta, tb, *pointers, address(A), ctypes.byref(ld_a), b, ctypes.byref(ld_b)),
            *(ctypes.byref(beta), address(C), ctypes.byref(ld_c)),
        )

    def step(self, x: ctypes.c_void_p) -> tuple[tuple[Any, ...], ...]:
        """Return the five calls for the minibatch at ``x``, transposed as Fortran sees them."""
        return (
            self.call("NN", "HBV", "W", x, "code"),  # code = x W
            self.call("TN", "VBH", "W", address(self.code), "output"),  # output = code Wᵀ
            self.call("NN", "HBV", "W", address(self.output), "code_gradient"),  # output W
            self.call("NT", "HVB", "code_gradient", x, "W"),  # W += xᵀ code_gradient
            self.call("NT", "HVB", "code", address(self.output), "W"),  # W += outputᵀ code
        )


def address(array: npt.NDArray[np.float32]) -> ctypes.c_void_p:
    """Return the address of ``array``."""
    return ctypes.c_void_p(array.ctypes.data)


def main(task: Task) -> None:
    """Multiply on command."""
    data = work.rows(task)
    sgemm, version = load_sgemm(task.options["blas"])
    x = ctypes.c_void_p()
    matrices = Matrices(task)  # keep a reference, because the calls only hold its addresses
    calls = matrices.step(x)
    first, stride = data.ctypes.data, data.strides[0] * task.batch_size
    minibatches = range(first, first + data.nbytes, stride)

    def turn() -> None:
        for x.value in minibatches:
            for call in calls:
                sgemm(*call)

    serve(turn, version)


if __name__ == "__main__":
    main(Task.from_command_line())
