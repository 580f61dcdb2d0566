"""Python with nothing but NumPy: no site-packages, no current folder."""

import subprocess
import sys
from pathlib import Path

import numpy as np


def run_alone(folder, code, *arguments):
    """Run code that finds, beside the standard library, only NumPy and what is in the folder.

    Returns the names of the packages that it has imported.
    """
    packages = Path(np.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (packages / name).exists() and not (folder / name).exists():
            (folder / name).symlink_to(packages / name)
    program = f"""
import sys
sys.path.insert(0, {str(folder)!r})
{code}
try:
    import autoenc
except ImportError:
    pass
else:
    raise AssertionError("autoenc is there")
files = [name for name, module in sys.modules.items() if getattr(module, "__file__", None)]
found = {{name.partition(".")[0] for name in files}} - sys.stdlib_module_names
print(*sorted(found - {{"__main__"}}))
"""
    command = [sys.executable, "-I", "-S", "-c", program, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert run.stderr == ""
    return run.stdout.split()
