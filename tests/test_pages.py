"""Run the examples of the README and the guides: Python, Theano scripts, commands, links."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autoenc.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [
    page.relative_to(ROOT).as_posix()
    for page in sorted(
        [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/guides/*.md")]
    )
    if page.name != "gallery.md"  # written by `make docs`
]
# Its block trains on all of MNIST for minutes: the numbers above the block come from it.
MEASURED = "docs/coverage.md"
# Commands that are tested elsewhere: about the machine, or with files that a page does not have.
NOT_RUN = {"doctor", "info", "bench"}


def blocks(page, language):
    """Return the blocks of a page in a language, "" for none."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for its_language, block in found if its_language == language]


def is_of_theano(block):
    """Whether a block imports Theano's names, which change the process."""
    return re.search(r"^import (autoenc\.)?theano\b", block, re.MULTILINE) is not None


def python_of(page):
    return [block for block in blocks(page, "python") if not is_of_theano(block)]


def scripts_of(page):
    return [block for block in blocks(page, "python") if is_of_theano(block)]


def commands_of(page):
    lines = [line for block in blocks(page, "") for line in block.splitlines()]
    return [line for line in lines if line.startswith("autoenc ")]


PYTHON = [page for page in PAGES if python_of(page) and page != MEASURED]
SCRIPTS = [(page, script) for page in PAGES for script in scripts_of(page)]
COMMANDS = [page for page in PAGES if commands_of(page)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with the table that pages name."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    age = rng.uniform(20, 60, 60)
    people = {"name": [f"person {i}" for i in range(60)], "age": age, "income": 900 * age}
    people |= {"height": rng.normal(1.7, 0.1, 60)}
    pd.DataFrame(people).to_csv("people.csv", index=False)
    pd.DataFrame(people).sample(frac=1, random_state=0).to_csv("new.csv", index=False)
    return tmp_path


def test_there_is_something_to_run():
    assert {"README.md", "CONTRIBUTING.md", "docs/guides/graph.md"} <= set(PYTHON)
    assert {page for page, _ in SCRIPTS} >= {"README.md", "docs/guides/theano.md"}
    assert {"README.md", "docs/guides/tables.md"} <= set(COMMANDS)


@pytest.mark.parametrize("page", PYTHON)
def test_python_runs_from_top_to_bottom(page, folder):
    names = {"__name__": "page"}
    for block in python_of(page):
        exec(compile(block, page, "exec"), names)


@pytest.mark.parametrize(("page", "script"), SCRIPTS)
def test_scripts_of_theano_run(page, script, folder):
    Path("script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "-m", "autoenc.theano", "script.py"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        command,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    if "print 'cost" in script:
        assert 0 < float(run.stdout.split()[-1]) < 0.1


@pytest.mark.parametrize("page", COMMANDS)
def test_commands_run(page, folder):
    for line in commands_of(page):
        arguments = shlex.split(line, comments=True)[1:]
        if arguments[0] not in NOT_RUN and set(arguments) & {"people.csv", "people.safetensors"}:
            assert main([*arguments, *(["--quiet"] if arguments[0] == "train" else [])]) == 0, line
            if "-o" in arguments:
                assert Path(arguments[arguments.index("-o") + 1]).stat().st_size > 0


def test_targets_of_make_exist():
    named = {name for page in PAGES for name in re.findall(r"`?make (\w+)", _code_of(page))}
    written = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert named >= {"demo", "test", "docs"}
    assert named <= written


def _code_of(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    return "\n".join([*blocks(page, ""), *re.findall(r"`[^`\n]+`", text)])


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http:", "https:", "#")):
            assert (ROOT / page).parent.joinpath(target.partition("#")[0]).exists(), target
