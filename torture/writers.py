"""Make every writer of files fail in every way, and check that the old file remains.

    python -m torture.writers --points 20

A writer is stopped by a limit on the size of files, a full disk, a read-only disk or folder, and
`kill -9`; and two processes write to the same path at once. Each time, the file must be, to the
byte, a version that was written completely. If the writer survives the failure, it must leave no
other files behind. Full disks are tried only if a small disk can be mounted, which needs root.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from torture.stopping import FAILURES, WRITERS, torment


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every failure on every writer, print a table, and return 1 on any problem."""
    parser = argparse.ArgumentParser(
        prog="python -m torture.writers", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--points", type=int, default=20, help="number of times for each failure (%(default)s)"
    )
    options = parser.parse_args(arguments)
    start = time.monotonic()
    n_problems = n_tried = 0
    for writer in WRITERS:
        for failure in FAILURES:
            report = torment(writer, failure, options.points)
            n_tried, n_problems = n_tried + report.tried, n_problems + len(report.problems)
            left = f", {report.unfinished} in mid-write" if report.unfinished else ""
            print(f"{report.name:10} {report.failure:16} {report.tried:4} tried{left}", flush=True)
            for problem in report.problems:
                print("VIOLATION", problem)
    print(f"{n_tried} tried, {n_problems} violations, {time.monotonic() - start:.0f} s")
    return 1 if n_problems else 0


if __name__ == "__main__":
    sys.exit(main())
