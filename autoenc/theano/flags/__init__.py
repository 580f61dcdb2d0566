"""Theano's settings: ``theano.config``, ``THEANO_FLAGS`` and ``.theanorc``."""

from autoenc.theano.flags.config import Config, config

__all__ = ["Config", "config"]
