"""The package as a package index and its users see it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autoenc
from autoenc import estimators

ROOT = Path(__file__).parents[1]


def said(option):
    """Return a field of the metadata, which setup.py has; that of an installation may be older."""
    command = [sys.executable, "setup.py", f"--{option}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_the_version_is_the_same_everywhere():
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert {said("version"), cited[1]} == {autoenc.__version__}
    assert f"## {autoenc.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_source_archive_depends_only_on_its_files(tmp_path):
    archives = []
    for date in (1, 2):
        folder = tmp_path / str(date) / "autoenc"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "out", "build"))
        for file in folder.rglob("*"):
            os.utime(file, (date, date))
        command = [sys.executable, "setup.py", "-q", "sdist", "-d", folder.parent]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        archives += [path.read_bytes() for path in folder.parent.glob("*.tar.gz")]
    one, other = archives
    assert one == other


def test_all_estimators_are_names_of_the_package():
    assert set(estimators.__all__) <= set(autoenc.__all__)


@pytest.mark.parametrize("name", [n for n in autoenc.__all__ if n != "__version__"])
def test_a_public_name_is_the_one_of_its_room(name):
    value = getattr(autoenc, name)
    assert value.__name__ == name
    assert value.__module__.startswith(autoenc._HOMES[name])


def test_estimators_are_imported_when_they_are_asked_for():
    code = "import sys, autoenc; assert 'autoenc.estimators' not in sys.modules"
    more = "; from autoenc import SoftmaxClassifier; assert 'autoenc.estimators' in sys.modules"
    subprocess.run([sys.executable, "-c", code + more], check=True)


def test_the_description_for_a_package_index_has_no_dead_links():
    description = said("long-description")
    assert description.startswith("# autoenc")
    targets = re.findall(r"\]\(([^)]*)\)", description)
    assert targets
    assert all(target.startswith("https://") for target in targets)


def test_the_package_names_its_authors_and_keywords():
    assert said("author") == "the autoenc developers"
    assert "denoising autoencoder" in said("keywords")
