"""Run scripts of the conformance suite one after the other, and say what each printed.

A process runs the scripts of one set of flags: importing the package takes longer than most
scripts do. Names of scripts come on standard input, one JSON object a script goes out.
"""

import contextlib
import io
import json
import sys
import traceback
import warnings

from autoenc.theano.launcher import running
from autoenc.theano.launcher.period import prepare


def run(path):
    printed = io.StringIO()
    error = None
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            running._run(path.read_bytes(), str(path))
        except SystemExit as stop:
            error = None if not stop.code else f"exit status {stop.code}"
        except BaseException:
            error = traceback.format_exc()
    return {"printed": printed.getvalue(), "error": error}


def main():
    from pathlib import Path

    prepare()
    report = sys.stdout
    for line in sys.stdin:
        path = Path(line.strip())
        sys.path[0] = str(path.parent)
        sys.argv = [str(path)]
        print(json.dumps({"name": path.stem, **run(path)}), file=report, flush=True)


if __name__ == "__main__":
    main()
