"""Theano's meaning of names that PyTensor defines differently, by topic."""
