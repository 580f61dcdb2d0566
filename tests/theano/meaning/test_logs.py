"""The logger of Theano's messages."""

import logging
import subprocess
import sys

import pytest

from autoenc import theano

SCRIPT = """
import logging
{}
from autoenc import theano
logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s")
logging.getLogger("script").info("training")
theano.function([], theano.shared(1.0) + 1, mode="FAST_RUN")()
logging.getLogger("pytensor.compile").info("compiled")
"""


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


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ("", ["script: training"]),
        (
            'logging.getLogger("pytensor").setLevel(logging.INFO)',
            ["script: training", "pytensor.compile: compiled"],
        ),
    ],
)
def test_information_of_libraries_does_not_appear_among_that_of_scripts(before, shown):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(before)], capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert [line for line in lines if not line.startswith("pytensor.link")] == shown
    assert before or lines == shown
