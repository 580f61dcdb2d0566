"""Folders for compiled code: private and usable, or another folder and a warning."""

import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoenc import folders
from autoenc.folders import FolderError, cache_folder, expand, make_private

HOMELESS = """
import os, pwd
os.environ.pop("HOME", None)
os.environ.pop("XDG_CACHE_HOME", None)
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
import warnings
warnings.simplefilter("always")
import numpy as np
from autoenc import AutoEncoder
"""
FIT = """
model = AutoEncoder(3, n_epochs=1, verbose=False).fit(np.eye(8, dtype="float32"))
print(model.backend_.split()[0], np.isfinite(model.W_).all(), "HOME" in os.environ)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "autoenc"


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_it_is_for_the_user_alone(cache):
    assert cache_folder() == cache
    assert cache.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_read_becomes_private(cache):
    cache.mkdir(mode=0o755)
    cache_folder()
    assert cache.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_to_is_not_used(cache):
    cache.mkdir()
    cache.chmod(0o777)
    with pytest.warns(UserWarning, match="can be written to by other users; remove it, so comp"):
        folder = cache_folder()
    assert cache not in (folder, *folder.parents)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert cache_folder() == folder  # the warning is not repeated


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_of_another_user_is_not_used(cache):
    cache.mkdir(mode=0o700)
    os.chown(cache, 65534, 65534)
    with pytest.warns(UserWarning, match="belongs to another user"):
        assert cache_folder() != cache


def test_a_link_to_a_folder_of_ones_own_is_followed(cache, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    cache.symlink_to(tmp_path / "elsewhere")
    assert cache_folder() == cache


def test_where_no_folder_can_be_created(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="cannot be created"):
        assert cache_folder().is_dir()


def test_a_full_disk(cache, monkeypatch):
    monkeypatch.setattr(folders, "SPACE_NEEDED", 2**80)
    with pytest.raises(FolderError, match="is full"):  # as is that of temporary files
        cache_folder()


def test_a_disk_without_execution(cache, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(mmap, "mmap", refuse)
    assert cache_folder() == cache
    with pytest.raises(FolderError, match="noexec"):
        cache_folder(executable=True)


def test_an_unknown_home_stays_as_it_is(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(expand("~/x")) == "/home/somebody/x"
    assert str(expand("~nobody-of-this-name/x")) == "~nobody-of-this-name/x"


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="cannot be created"):
        make_private(tmp_path / "file" / "folder")


def test_a_user_without_a_home_can_train():
    # Whatever is compiled is lost, and XLA compiles least.
    result = run(HOMELESS + FIT.replace("3,", "3, backend='xla',"))
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["XLA", "True", "False"]
    assert result.stderr.count("there is no home folder, so compiled code goes to") == 1


def test_the_temporary_folder_goes_with_the_process():
    result = run(HOMELESS + "from autoenc.folders import cache_folder; print(cache_folder())")
    assert not Path(result.stdout.strip()).exists()
