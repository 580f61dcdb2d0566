"""The XLA backend: a whole block compiled as one scan, on a CPU or a CUDA GPU."""
