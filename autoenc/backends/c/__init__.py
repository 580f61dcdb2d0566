"""The C backend: the step compiled to C, linked with the best BLAS and autoenc's own kernels."""
