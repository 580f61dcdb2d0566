"""Compiler settings of an operation whose C code calls the kernels."""

from __future__ import annotations

from pytensor.tensor.blas import gemm_inplace


class Linked:
    """Mixin for a `COp`: links it with the BLAS in PyTensor's flags, and so with the kernels."""

    def c_libraries(self, **_: object) -> list[str]:
        """Return the names of the libraries."""
        return list(gemm_inplace.c_libraries())

    def c_lib_dirs(self, **_: object) -> list[str]:
        """Return the folders of the libraries."""
        return list(gemm_inplace.c_lib_dirs())

    def c_compile_args(self, **_: object) -> list[str]:
        """Return the run-time search paths for the linker."""
        return list(gemm_inplace.c_compile_args())
