"""Damage files in thousands of ways, and check that each is read correctly or refused by name.

    python -m torture.files --mutations 20000

Each format that autoenc reads is tested in its own process, which may use 100 MB of additional
memory. A file may be read, or refused with the documented exception, whose message must contain
the path. Anything else is a violation: another exception, more memory, more than a second, a
crash, or, if a checksum covers the whole file, different content.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from autoenc.datasets import load_mnist, read_pickle, read_pickles
from torture import promises
from torture.formats import Format, formats, same
from torture.hostile import EXECUTING, MALFORMED, OPCODES
from torture.mutations import mutated, truncated

MEMORY = 100_000_000
SECONDS = 1.0
_PATIENCE = 600.0


@dataclass
class Tally:
    """Outcomes of reading many files."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    grown: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, outcome: str, seconds: float, grown: int) -> None:
        """Count one file."""
        self.outcomes[outcome if outcome in ("refused", "same", "other") else "violation"] += 1
        self.slowest, self.grown = max(self.slowest, seconds), max(self.grown, grown)
        if outcome not in ("refused", "same", "other"):
            self.violations.append(outcome)


def attempt(kind: Format, content: bytes, path: Path, tally: Tally) -> None:
    """Read a file with the given content, and count the outcome."""
    path.write_bytes(content)
    before, start = _peak(), time.thread_time()
    outcome = _outcome(kind, path)
    seconds, grown = time.thread_time() - start, _peak() - before
    if seconds > SECONDS:
        outcome = f"took {seconds:.1f} s"
    if grown > MEMORY + len(content):
        outcome = f"took {grown / 1e6:.0f} MB of memory"
    tally.add(outcome, seconds, grown)


def _outcome(kind: Format, path: Path) -> str:
    try:
        read = kind.read(path)
    except kind.error as error:
        if _ran_out_of_memory(error):
            return f"requested more than {MEMORY} bytes: {error}"
        return "refused" if str(path) in str(error) else f"an error without the path: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if path.read_bytes() == kind.content or same(read, _GOOD.setdefault(kind.name, read)):
        return "same"
    return "different content was read" if kind.checked else "other"


# Contents of the undamaged file of each format.
_GOOD: dict[str, object] = {}


def _ran_out_of_memory(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fuzz(kind: Format, contents: Iterable[bytes], folder: Path) -> Tally:
    """Read the undamaged file of a format, then each of the damaged contents."""
    tally = Tally(kind.name)
    path = folder / kind.file_name
    path.write_bytes(kind.content)
    _GOOD[kind.name] = kind.read(path)
    for content in contents:
        attempt(kind, content, path, tally)
    return tally


def damaged(kind: Format, n_mutations: int, n_cuts: int, seed: int) -> Iterable[bytes]:
    """Yield a file truncated at many positions, then damaged at random."""
    rng = random.Random(f"{seed} {kind.name}")
    yield from truncated(kind.content, kind.header, n_cuts, rng)
    for _ in range(n_mutations):
        yield mutated(kind.content, rng)


def promising() -> list[tuple[Format, list[bytes]]]:
    """Return hostile headers and malformed pickles, with the readers to which they apply."""
    model, pickled, row = (_format(name) for name in ("model", "pickle", "pickles in a row"))
    bad_pickles = [*MALFORMED.values(), *(content for content, _ in OPCODES.values())]
    return [
        (model._replace(name="model: promises"), list(promises.MODELS.values())),
        (_format("IDX")._replace(name="IDX: promises"), list(promises.IDX.values())),
        (_format("npz")._replace(name="npz: promises"), list(promises.ARCHIVES.values())),
        (pickled._replace(name="hostile pickles"), bad_pickles),
        (
            pickled._replace(name="hostile pickles, gzipped"),
            [gzip.compress(content, 1) for content in bad_pickles],
        ),
        (row._replace(name="hostile pickles in a row"), [c for c in bad_pickles if c]),
    ]


def _format(name: str) -> Format:
    return next(kind for kind in formats() if kind.name == name)


def executions(folder: Path) -> list[str]:
    """Read every pickle with code with each reader; return those that ran or were read."""
    os.chdir(folder)
    Path("beside.py").write_text("open('ran', 'w').close()")
    failures = []
    for name, (content, _) in EXECUTING.items():
        for reader in (read_pickle, read_pickles, load_mnist):
            path = Path("hostile.pkl").absolute()
            path.write_bytes(content)
            try:
                reader(path)
                failures.append(f"{reader.__name__} read {name}")
            except ValueError as error:
                if "refused, as" not in str(error):
                    failures.append(f"{reader.__name__} of {name}: {error}")
            if Path("ran").exists():
                failures.append(f"{reader.__name__} ran {name}")
    return failures


def _in_child(kind: Format, contents: list[bytes] | None, options: argparse.Namespace) -> Tally:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, kind.file_name)
        path.write_bytes(kind.content)
        kind.read(path)  # import first, so that the memory of modules is not counted
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        largest = max(map(len, contents or [kind.content]))
        limit = pages * resource.getpagesize() + MEMORY + largest
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        tried = contents or damaged(kind, options.mutations, options.cuts, options.seed)
        return fuzz(kind, tried, Path(folder))


def _watched(kind: Format, contents: list[bytes] | None, options: argparse.Namespace) -> Tally:
    """Read files in a process that may crash, hang or run out of memory."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(_in_child, kind, contents, options).result(_PATIENCE)
        # The child crashed, or took too long.
        except Exception as error:
            for process in multiprocessing.active_children():
                process.kill()
            return Tally(kind.name, violations=[f"{type(error).__name__}: {error}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all files, print a table, and return 1 after a violation."""
    parser = argparse.ArgumentParser(
        prog="python -m torture.files", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--mutations", type=int, default=20_000, help="per format (%(default)s)")
    parser.add_argument("--cuts", type=int, default=1_000, help="random cuts (%(default)s)")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    print(f"{'':26}   files  refused  as before  other    slowest   memory")
    tallies = []
    for kind, contents in [*((kind, None) for kind in formats()), *promising()]:
        tallies.append(_watched(kind, contents, options))
        print(row(tallies[-1]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        failures = executions(Path(folder))
        os.chdir("/")
    print(f"{len(EXECUTING)} pickles that run something, 3 readers: {len(failures)} failures")
    for tally in tallies:
        failures += [f"{tally.name}: {violation}" for violation in tally.violations]
    for failure in failures[:50]:
        print("VIOLATION", failure)
    n_files = sum(tally.outcomes.total() for tally in tallies)
    print(f"{n_files:,} files, {len(failures)} violations, {time.monotonic() - start:.0f} s")
    return 1 if failures else 0


def row(tally: Tally) -> str:
    """Return a line of the table."""
    counts = tally.outcomes
    return (
        f"{tally.name:26}{counts.total():8,}{counts['refused']:9,}{counts['same']:11,}"
        f"{counts['other']:7,}{tally.slowest * 1000:8.0f} ms{tally.grown / 1e6:6.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
