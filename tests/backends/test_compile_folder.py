"""Compiled modules of processes that define their own operations have a folder of their own."""

from autoenc.backends import compile_folder as folders
from autoenc.configuration import Settings


def test_a_name_has_a_folder_of_its_own(monkeypatch):
    monkeypatch.setattr(folders, "_apart", set())
    usual = folders.compile_folder(Settings(), "-O3", executable=False)
    folders.keep_apart("theano")
    apart = folders.compile_folder(Settings(), "-O3", executable=False)
    assert apart != usual
    monkeypatch.setattr(folders, "_apart", set())
    assert folders.compile_folder(Settings(), "-O3", executable=False) == usual
