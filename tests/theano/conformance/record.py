"""Record what the scripts print under the real Theano. See README.md beside this file.

Run by the Python that has Theano 1.0.5, which is 3.8: only what that knows is used here.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.join(HERE, "scripts")


def flags_of(path):
    """Theano's flags that a script asks for in its first lines, over floatX=float32."""
    flags = "floatX=float32"
    with open(path) as script:
        for line in script:
            if line.startswith("# flags:"):
                flags += "," + line[len("# flags:") :].strip()
    return flags


def record(name, more_flags):
    """Run a script in a process of its own and write what it prints beside it."""
    path = os.path.join(SCRIPTS, name)
    flags = ",".join(part for part in (flags_of(path), more_flags) if part)
    environment = dict(os.environ, THEANO_FLAGS=flags, PYTHONHASHSEED="0", OMP_NUM_THREADS="1")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", name],
        cwd=SCRIPTS,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    if done.returncode:
        print(name + " FAILED\n" + done.stderr[-2000:])
        return False
    with open(path[: -len(".py")] + ".txt", "w") as expected:
        expected.write(done.stdout)
    return True


def main():
    """Record the scripts that are named, or all of them."""
    names = sys.argv[1:] or sorted(n for n in os.listdir(SCRIPTS) if n.endswith(".py"))
    results = [record(name, os.environ.get("THEANO_FLAGS", "")) for name in names]
    print("%d of %d recorded" % (sum(results), len(results)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
