"""The C backend: the step compiled to C, linked with the best BLAS and kernels of our own."""
