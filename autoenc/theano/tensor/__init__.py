"""The names of ``theano.tensor``."""
