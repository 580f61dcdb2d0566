"""Run a script, a module or a command as ``__main__``, as Python does."""

from __future__ import annotations

import runpy
import sys
import types
from collections.abc import Sequence
from pathlib import Path

from autoenc.theano.launcher.period import prepare
from autoenc.theano.modernise.imports import code_of_script, is_read_as_python2


def run_script(script: str, arguments: Sequence[str]) -> int:
    """Run a script.

    Parameters
    ----------
    script : str
        Path of the file; it is not changed.
    arguments : sequence of str
        Contents of ``sys.argv[1:]``.

    Returns
    -------
    int
        0, or 2 if the file cannot be read.
    """
    path = Path(script)
    try:
        data = path.read_bytes()
    except OSError as error:
        print(f"python -m autoenc.theano: cannot read {script}: {error}", file=sys.stderr)
        return 2
    prepare()
    sys.argv = [script, *arguments]
    sys.path[0] = str(path.resolve().parent)
    _run(data, script)
    return 0


def run_command(command: str, arguments: Sequence[str]) -> int:
    """Run source text, as ``python -c`` does."""
    prepare()
    sys.argv = ["-c", *arguments]
    sys.path[0] = ""
    _run(command.encode(), "<string>")
    return 0


def run_module(module: str, arguments: Sequence[str]) -> int:
    """Run a module, as ``python -m`` does; ``-m pytest`` runs test suites written for Theano."""
    prepare()
    sys.argv = [module, *arguments]
    sys.path[0] = str(Path.cwd())
    if module in ("pytest", "py.test"):
        from autoenc.theano.launcher.testing import run_pytest

        return run_pytest(arguments)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


def _run(data: bytes, filename: str) -> None:
    main = types.ModuleType("__main__")
    main.__file__ = filename
    vars(main)["__builtins__"] = __builtins__
    code = code_of_script(data, filename)
    sys.modules["__main__"] = main
    try:
        exec(code, vars(main))
    except TypeError as error:
        if "'float' object" in str(error) and not is_read_as_python2():
            error.add_note(
                "If the script was written for Python 2, in which 7 / 2 is 3, run it with "
                "python -m autoenc.theano --python2."
            )
        raise
