"""Fixtures of tests on other engines. `make engines` installs the engines and runs the tests."""

import os
import re
import subprocess
from pathlib import Path

import pytest

VERSIONS = 17, 21  # those that Spark 4 supports
THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"


@pytest.fixture(autouse=True)
def _threads_are_the_engine_s_to_limit(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def java():
    """Fail, and state what to install, if Spark could not start."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home, "bin", "java")) if home else "java"
    try:
        run = subprocess.run([program, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        found = f"{program} does not run ({error})"
    else:
        match = re.search(r'version "(\d+)', run.stderr)
        if match and int(match[1]) in VERSIONS:
            return
        found = f"{program} is {run.stderr.splitlines()[0]}"
    pytest.fail(
        f"Spark needs Java 17 or 21, but {found}; install it, such as by "
        "`apt-get install openjdk-17-jre-headless`, or set JAVA_HOME to its folder.",
        pytrace=False,
    )
