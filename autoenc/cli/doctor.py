"""`autoenc doctor`: test this installation, and say what to fix."""

from __future__ import annotations

import argparse
import warnings
from typing import Any

from autoenc.cli.info import LIBRARIES
from autoenc.cli.parsing import new_parser
from autoenc.tables.text import counted

EXAMPLES = """\
  autoenc doctor

It takes about ten seconds. The exit status is 1 if something is broken, 0 if there is only
advice."""
_MARKS = {"ok": "ok      ", "advice": "advice  ", "broken": "BROKEN  "}


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    return new_parser(commands, "doctor", "test this installation, and say what to fix", EXAMPLES)


def run(options: argparse.Namespace) -> int:
    """Print each finding, and a summary."""
    from autoenc.cli.probes import ADVICE, BROKEN, CHECKS, Finding

    print(_versions())
    counts = {ADVICE: 0, BROKEN: 0}
    for check in CHECKS:
        try:
            with warnings.catch_warnings():
                # A probe that diverges on purpose makes NumPy warn about overflow.
                warnings.simplefilter("ignore")
                found = list(check())
        except Exception as error:
            if options.verbose:
                raise
            failed = " ".join((check.__doc__ or "").split())
            found = [Finding(BROKEN, f"{failed} {type(error).__name__}: {error}")]
        for finding in found:
            print(f"{_MARKS[finding.status]}{' '.join(finding.text.split())}", flush=True)
            counts[finding.status] = counts.get(finding.status, 0) + 1
    print(_summary(counts[BROKEN], counts[ADVICE]))
    return 1 if counts[BROKEN] else 0


def _versions() -> str:
    import platform

    from autoenc import __version__
    from autoenc.versions import installed_versions

    versions = installed_versions(LIBRARIES)
    libraries = ", ".join(f"{library} {version}" for library, version in versions.items())
    return f"autoenc {__version__}, Python {platform.python_version()}, {libraries}"


def _summary(broken: int, advice: int) -> str:
    if broken:
        return f"{broken} broken; see above."
    return f"no problems; {counted(advice, 'suggestion')} above." if advice else "no problems."
