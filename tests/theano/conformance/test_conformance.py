"""Scripts in the style of the period print what they printed under Theano 1.0.5."""

import functools
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from autoenc.backends.c.compiler import compiler_trouble
from tests.theano.conformance.comparing import difference
from tests.theano.conformance.record import flags_of

SCRIPTS = Path(__file__).parent / "scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))
RUNNER = Path(__file__).parent / "running.py"
# Scripts share a process, which imports the package once. Processes that compile C wait for each
# other, so one runs all scripts in C; two run them on XLA.
SHARES = {"c": 1, "xla": 2}


@functools.cache
def chosen(session):
    """Return the names of the scripts that are run in a session: with -k, not all of them."""
    calls = (item.callspec for item in session.items if hasattr(item, "callspec"))
    return frozenset(call.params["name"] for call in calls if "name" in call.params)


@functools.cache
def printed_by(engine, share, names):
    """Run the scripts of a share that have these names, and return what each printed."""
    by_flags = defaultdict(list)
    for name in NAMES[share :: SHARES[engine]]:
        if name not in names:
            continue
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


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        pytest.param(engine, name, marks=pytest.mark.xdist_group(f"conformance-{engine}-{k % n}"))
        for engine, n in SHARES.items()
        for k, name in enumerate(NAMES)
    ],
)
def test_prints_what_theano_printed(engine, name, request):
    if engine == "c" and compiler_trouble():
        pytest.skip(f"the C backend cannot be had: {compiler_trouble()}")
    share = NAMES.index(name) % SHARES[engine]
    result = printed_by(engine, share, chosen(request.session))[name]
    assert result["error"] is None, result["error"]
    expected = (SCRIPTS / f"{name}.txt").read_text(encoding="utf-8")
    assert difference(expected, result["printed"]) is None


def test_there_is_something_to_compare():
    assert len(NAMES) >= 120
    assert all((SCRIPTS / f"{name}.txt").stat().st_size for name in NAMES)
