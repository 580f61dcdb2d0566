"""Kill or stop processes of a training run at random moments, and resume the run.

    python -m torture.processes --runs 20

Four processes train together, started by ``autoenc launch``. One of them, which may be the first
(the coordinator), is killed by SIGKILL or stopped by SIGSTOP at a random moment. All must end
within 15 s, and the command must name the process and the signal. The run is then resumed on one,
two or four processes. Its costs and parameters must agree with those of an uninterrupted run to
10⁻⁶.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autoenc.storage import load_arrays

N = 4
MOST_SECONDS = 15.0
SIGNALS = (signal.SIGKILL, signal.SIGSTOP)
TRAINING = (
    "--device", "cpu", "--hidden", "8", "--epochs", "20", "--batch-size", "20", "--seed", "0",
    "--corruption", "0.3", "--learning-rate", "0.1", "--checkpoint", "c.ckpt", "--resume",
    "--force",
)  # fmt: skip


class Outcome(NamedTuple):
    """Outcome of a training run that lost a process.

    Attributes
    ----------
    seconds : float
        Seconds until all processes had ended.
    problem : str
        Description of a violation; empty if there is none.
    """

    seconds: float
    problem: str


def start(folder: Path, n: int) -> subprocess.Popen[str]:
    """Start a training run of `n` processes, from its checkpoint if it exists."""
    launch = ["launch", "-n", str(n)] if n > 1 else []
    alone = [] if n > 1 else ["--devices", "all"]
    train = ["train", "rows.npy", "-o", "model.safetensors", *TRAINING, *alone]
    return subprocess.Popen(
        [sys.executable, "-m", "autoenc", *launch, *train],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(folder: Path, n: int) -> dict[str, Any]:
    """Complete a training run; return its parameters and costs."""
    process = start(folder, n)
    said = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"a training run of {n} processes failed: {said}")
    arrays, info = load_arrays(folder / "model.safetensors")
    costs = [record["cost"] for record in info["fitted"]["history_"]]
    return {name: arrays[name] for name in ("W", "hidden_bias", "visible_bias")} | {"costs": costs}


def children(process: subprocess.Popen[str]) -> dict[int, int]:
    """Return the processes of a training run by rank."""
    found = {}
    with suppress(OSError):
        tasks = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        for pid in map(int, tasks.split()):
            with suppress(OSError):
                settings = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                ranks = [int(s[5:]) for s in settings if s.startswith(b"RANK=")]
                found.update(dict.fromkeys(ranks, pid))
    return found


def lose(folder: Path, rank: int, signum: int, after: float) -> Outcome:
    """Start a training run, and send a signal to one of its processes."""
    process = start(folder, N)
    while process.poll() is None and len(children(process)) < N:
        time.sleep(0.05)
    time.sleep(after)
    started = time.monotonic()
    pids = children(process)
    if rank not in pids:
        said = process.communicate()[0]
        return Outcome(0.0, "" if process.returncode == 0 else f"it failed by itself: {said}")
    os.kill(pids[rank], signum)
    said = process.communicate()[0]
    seconds = time.monotonic() - started
    return Outcome(seconds, _problem(said, process.returncode, rank, signum, pids, seconds))


def _problem(
    said: str, status: int, rank: int, signum: int, pids: dict[int, int], seconds: float
) -> str:
    if status == 0:
        return ""  # the process had already finished
    how = "killed" if signum == signal.SIGKILL else "stopped"
    expected = f"process {rank} of {N} was {how} by {signal.Signals(signum).name}"
    if expected not in said:
        return f"expected {expected!r}, status {status}: {said[-2000:]}"
    if seconds > MOST_SECONDS:
        return f"{seconds:.1f} s until the end"
    left = [pid for pid in pids.values() if Path(f"/proc/{pid}").exists()]
    return f"processes are still running: {left}" if left else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the requested number of runs; return 1 after a violation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--runs", type=int, default=20, help="number of runs with each signal (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments (%(default)s)")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "rows.npy", np.random.default_rng(0).random((500, 20), dtype="float32"))
        finish(folder, N)  # compiles
        (folder / "c.ckpt").unlink()
        started = time.monotonic()
        whole = finish(folder, N)
        seconds = time.monotonic() - started
        print(f"undisturbed: {seconds:.1f} s", flush=True)
        problems = [
            problem
            for signum in SIGNALS
            for problem in _torment(folder, signum, options.runs, seconds, whole, rng)
        ]
    print("\n".join(problems))
    return int(bool(problems))


def _torment(
    folder: Path, signum: int, n: int, seconds: float, whole: dict[str, Any], rng: random.Random
) -> list[str]:
    problems, taken, resumed = [], [], 0
    for _ in range(n):
        (folder / "c.ckpt").unlink(missing_ok=True)
        rank, after = rng.randrange(N), rng.uniform(0, seconds)
        outcome = lose(folder, rank, signum, after)
        taken.append(outcome.seconds)
        if outcome.problem:
            problems.append(f"rank {rank} after {after:.1f} s: {outcome.problem}")
        if not (folder / "c.ckpt").exists():  # lost before its first epoch ended
            continue
        resumed += 1
        ended = finish(folder, (1, 2, 4)[resumed % 3])
        error = max(_distance(ended[name], whole[name]) for name in whole)
        if error > 1e-6:
            problems.append(
                f"rank {rank} after {after:.1f} s: {error:.1e} from the uninterrupted run"
            )
    print(
        f"{signal.Signals(signum).name}: {n} runs, all ended within {max(taken):.1f} s "
        f"(median {sorted(taken)[n // 2]:.1f}), {resumed} resumed, {len(problems)} problems",
        flush=True,
    )
    return problems


def _distance(found: Any, expected: Any) -> float:
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / np.abs(expected).max())


if __name__ == "__main__":
    sys.exit(main())
