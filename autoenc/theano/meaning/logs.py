"""Theano's logger, and the default levels of the loggers of other packages."""

from __future__ import annotations

import logging

theano_logger = logging.getLogger("theano")
logging_default_handler = logging.StreamHandler()
logging_default_formatter = logging.Formatter("%(levelname)s (%(name)s): %(message)s")
logging_default_handler.setFormatter(logging_default_formatter)


def has_handlers(logger: logging.Logger) -> bool:
    """Return whether a logger or one of its parents has a handler."""
    return logger.hasHandlers()


def disable_log_handler(
    logger: logging.Logger = theano_logger, handler: logging.Handler = logging_default_handler
) -> None:
    """Remove a handler from a logger, by default Theano's."""
    logger.removeHandler(handler)


def extend() -> None:
    """Log only warnings, as Theano did, unless a level has been set.

    Scripts show their own messages with ``logging.basicConfig(level=logging.INFO)``. Without these
    levels, messages about compiled modules would appear among them.
    """
    for name in ("theano", "autoenc", "pytensor", "jax", "filelock"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
