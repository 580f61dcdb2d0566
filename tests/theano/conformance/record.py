"""Record what the scripts print under the real Theano. See ../README.md.

Run by the Python that has Theano 1.0.5, which is 3.8: only what that knows is used here.
"""

import os
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent / "scripts"


def flags_of(path):
    """Return Theano's flags for a script: float32, unless its line "# flags:" has others."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# flags:"):
            return line[len("# flags:") :].strip()
    return "floatX=float32"


def record(path, more_flags):
    """Run a script in a process of its own and write what it prints beside it."""
    flags = ",".join(part for part in (flags_of(path), more_flags) if part)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", path.name],
        cwd=path.parent,
        env={**os.environ, "THEANO_FLAGS": flags, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        print(f"{path.name} FAILED\n{done.stderr.decode()[-2000:]}")
        return False
    path.with_suffix(".txt").write_bytes(done.stdout)
    return True


def main():
    """Record the scripts that are named, or all of them."""
    names = sys.argv[1:] or [path.name for path in sorted(SCRIPTS.glob("*.py"))]
    results = [record(SCRIPTS / name, os.environ.get("THEANO_FLAGS", "")) for name in names]
    print(f"{sum(results)} of {len(results)} recorded")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
