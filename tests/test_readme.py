"""What the README shows is run."""

import re
from pathlib import Path
from typing import Any

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_there_is_something_to_run():
    assert len(BLOCKS) == 3


def test_python_blocks_run_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    histories = []
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
        histories.append(names.get("history") or names["ae"].history_)
    assert all(history[-1]["cost"] < 75 for history in histories)
    assert (tmp_path / "run.ckpt").exists()
    assert (tmp_path / "history.csv").exists()
