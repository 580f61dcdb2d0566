"""Check that files have not changed since they were opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autoenc.sources.reader import SourceError


class FileStates:
    """Sizes and times of files when a source was opened.

    Parameters
    ----------
    files : sequence of Path
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._states = {file: state_of(file) for file in files}

    def check(self) -> None:
        """Check that the files are the same.

        Raises
        ------
        SourceError
            If a file has changed; the message names the first one.
        """
        for file, state in self._states.items():
            now = state_of(file)
            if now != state:
                raise SourceError(changed(file, state, now))


State = tuple[int, int] | None


def state_of(file: Path) -> State:
    """Return size and time of a file; None if it does not exist."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def changed(file: Path, before: State, now: State) -> str:
    """Explain that a file has changed."""
    sizes = f"its size was {before[0]:,} bytes" if before else "it did not exist"
    sizes += f" and is {now[0]:,}" if now else ", and it does not exist any more"
    return (
        f"{file} was changed while it was being read: {sizes}. Results would mix both versions; "
        "do not change a file that is in use."
    )
