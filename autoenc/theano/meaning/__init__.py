"""What Theano meant by names that PyTensor has with another signature or meaning, by noun."""
