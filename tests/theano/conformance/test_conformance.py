"""Scripts in the style of the period print what they printed under Theano 1.0.5."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.theano.conformance.comparing import difference
from tests.theano.conformance.record import flags_of

SCRIPTS = Path(__file__).parent / "scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
RUNNER = Path(__file__).parent / "running.py"


@functools.cache
def printed_with(flags):
    """Run all scripts that ask for these flags, and return what each printed, by its name."""
    paths = [SCRIPTS / f"{name}.py" for name in NAMES]
    paths = [path for path in paths if flags_of(path) == flags]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(RUNNER)],
        input="".join(f"{path}\n" for path in paths),
        env={**os.environ, "THEANO_FLAGS": flags},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {result["name"]: result for result in results}


@pytest.mark.parametrize("name", NAMES)
def test_prints_what_theano_printed(name):
    path = SCRIPTS / f"{name}.py"
    result = printed_with(flags_of(path))[name]
    assert result["error"] is None, result["error"]
    expected = path.with_suffix(".txt").read_text(encoding="utf-8")
    assert difference(expected, result["printed"]) is None


def test_there_is_something_to_compare():
    assert len(NAMES) >= 120
    assert all((SCRIPTS / f"{name}.txt").stat().st_size for name in NAMES)
