"""What an operation says whose C code calls the kernels."""

from __future__ import annotations

from pytensor.tensor.blas import gemm_inplace


class Linked:
    """Mixed into a `COp`: linked with the BLAS of PyTensor's flags, which brings the kernels."""

    def c_libraries(self, **_: object) -> list[str]:
        """Name the libraries."""
        return list(gemm_inplace.c_libraries())

    def c_lib_dirs(self, **_: object) -> list[str]:
        """Name the folders of these."""
        return list(gemm_inplace.c_lib_dirs())

    def c_compile_args(self, **_: object) -> list[str]:
        """Return the run-time search paths for the linker."""
        return list(gemm_inplace.c_compile_args())
