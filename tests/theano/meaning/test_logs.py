"""The logger of Theano's messages."""

import logging

from autoenc import theano


def test_scripts_remove_the_handler():
    assert theano.theano_logger is logging.getLogger("theano")
    logger = logging.Logger("alone")
    assert not theano.has_handlers(logger)
    logger.addHandler(theano.logging_default_handler)
    assert theano.has_handlers(logger)
    theano.disable_log_handler(logger)
    assert logger.handlers == []
    record = logging.makeLogRecord({"name": "theano", "levelname": "WARNING", "msg": "text"})
    assert theano.logging_default_formatter.format(record) == "WARNING (theano): text"
