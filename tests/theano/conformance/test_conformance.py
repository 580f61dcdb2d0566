"""Scripts in the style of the period print what they printed under Theano 1.0.5."""

import functools
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.theano.conformance.comparing import difference
from tests.theano.conformance.record import flags_of

SCRIPTS = Path(__file__).parent / "scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
RUNNER = Path(__file__).parent / "running.py"


@functools.cache
def chosen(session):
    """Return the names of the scripts that are run in a session: with -k, not all of them."""
    calls = (item.callspec for item in session.items if hasattr(item, "callspec"))
    return frozenset(call.params["name"] for call in calls if "name" in call.params)


@functools.cache
def printed_by(engine, names):
    """Run scripts in one process for each set of flags, and return what each printed."""
    by_flags = defaultdict(list)
    for name in sorted(names):
        path = SCRIPTS / f"{name}.py"
        by_flags[flags_of(path)].append(path)
    results = [result for each in by_flags.items() for result in run(engine, *each)]
    return {result["name"]: result for result in results}


def run(engine, flags, paths):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(RUNNER)],
        input="".join(f"{path}\n" for path in paths),
        env={**os.environ, "THEANO_FLAGS": flags, "AUTOENC_BACKEND": engine},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(engine, name, share, session):
    """Check what a script printed; the first one that is checked runs all of its share."""
    result = printed_by(engine, chosen(session).intersection(share))[name]
    assert result["error"] is None, result["error"]
    expected = (SCRIPTS / f"{name}.txt").read_text(encoding="utf-8")
    assert difference(expected, result["printed"]) is None


# Scripts share a process, which imports the package once. The tests of a class run in one process
# of pytest (--dist=loadscope). Processes that compile C wait for each other, so one runs all
# scripts in C; two run them on XLA.
class TestInC:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.usefixtures("compiler")
    def test_prints_what_theano_printed(self, name, request):
        check("c", name, NAMES, request.session)


class TestOnXla:
    @pytest.mark.parametrize("name", NAMES[::2])
    def test_prints_what_theano_printed(self, name, request):
        check("xla", name, NAMES[::2], request.session)


class TestOnXlaToo:
    @pytest.mark.parametrize("name", NAMES[1::2])
    def test_prints_what_theano_printed(self, name, request):
        check("xla", name, NAMES[1::2], request.session)


def test_there_is_something_to_compare():
    assert len(NAMES) >= 120
    assert all((SCRIPTS / f"{name}.txt").stat().st_size for name in NAMES)
