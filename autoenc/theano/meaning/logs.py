"""The logger of Theano's messages."""

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
