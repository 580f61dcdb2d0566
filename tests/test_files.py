"""A file is written completely or not at all."""

import ast
import errno
import fcntl
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import autoenc
from autoenc.files import UNFINISHED, atomic_write, check_writable
from torture.stopping import FAILURES, WRITERS, torment

ROOT = Path(autoenc.__file__).parents[1]


def write(path, text):
    with atomic_write(path) as temporary:
        temporary.write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_is_made(tmp_path):
    path = tmp_path / "a" / "b" / "file.txt"
    with atomic_write(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
        assert temporary.suffix == ".txt"
        assert temporary.parent == path.parent
    assert path.read_text() == "whole"
    assert names(path.parent) == ["file.txt"]


def test_the_old_file_survives_an_error(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write_half():
        with atomic_write(path) as temporary:
            temporary.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_call_that_fails_leaves_the_old_file_and_says_which(call, tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    monkeypatch.setattr(Path, call, fail) if call == "replace" else None
    with pytest.raises(OSError, match=rf"No space left on device: '{path}'"):
        write(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


def test_the_file_and_then_its_folder_are_flushed(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, Path.replace

    def note_flush(handle):
        calls.append(Path(f"/proc/self/fd/{handle}").readlink().suffix)
        fsync(handle)

    def note_replace(path, target):
        calls.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note_flush)
    monkeypatch.setattr(Path, "replace", note_replace)
    write(tmp_path / "file.txt", "new")
    assert calls == [".txt", "replace", ""]


def test_permissions_are_those_of_any_new_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    write(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_permissions_of_the_old_file_are_kept(mode, tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(mode)
    write(path, "new")
    assert path.stat().st_mode & 0o777 == mode


def test_the_umask_is_not_touched(tmp_path, monkeypatch):
    # It belongs to the whole process, other threads included.
    monkeypatch.setattr(os, "umask", None)
    write(tmp_path / "file.txt", "new")


def test_a_link_keeps_being_one(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_what_is_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "..", Path(os.devnull)):
        with pytest.raises(OSError, match="exists and is not a regular file"):
            write(path, "new")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="a part of that path is a file"):
        write(tmp_path / "file" / "below", "new")


def test_a_pipe_a_socket_and_a_loop_of_links_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, message in (("pipe", "not a regular file"), ("loop", "symbolic links")):
        with pytest.raises(OSError, match=message):
            write(tmp_path / name, "new")
    assert names(tmp_path) == ["loop", "pipe"]


def test_the_owner_of_the_old_file_is_kept(tmp_path):
    """Root, who may give files away, must not take them over."""
    path = tmp_path / "file.txt"
    path.write_text("old")
    owner = (1234, 2345) if os.getuid() == 0 else (os.getuid(), os.getgid())
    os.chown(path, *owner)
    path.chmod(0o640)
    write(path, "new")
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (*owner, 0o640)


def test_where_the_owner_cannot_be_kept_set_user_id_is_not(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(0o4750)
    real = Path.stat

    def of_another(self, **options):
        found = real(self, **options)
        return os.stat_result((*found[:4], 4321, *found[5:])) if self.name == path.name else found

    def refuse(*_):
        raise PermissionError(errno.EPERM, "not yours")

    monkeypatch.setattr(Path, "stat", of_another)
    monkeypatch.setattr(os, "chown", refuse)
    write(path, "new")
    monkeypatch.undo()
    assert path.stat().st_mode & 0o7777 == 0o750


def test_files_are_flushed_through_handles_that_may_write(tmp_path, monkeypatch):
    """Windows refuses to flush what was opened for reading; so do some disks with folders."""
    fsync = os.fsync

    def as_on_windows(handle):
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", as_on_windows)
    write(tmp_path / "file.txt", "new")
    assert (tmp_path / "file.txt").read_text() == "new"


def test_whether_a_file_can_be_written_is_known_before(tmp_path, monkeypatch):
    path = tmp_path / "below" / "file.txt"
    check_writable(path, 3_000_000)
    assert names(path.parent) == []
    path.write_text("old")
    path.chmod(0o600)
    real = Path.open

    def full(self, *args, **options):
        file = real(self, *args, **options)
        return Full(file) if UNFINISHED in self.name else file

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            return self.file.write(data[:1000])

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match=rf"No space left on device: '{path}'"):
        check_writable(path, 3_000_000)
    monkeypatch.undo()
    assert names(path.parent) == ["file.txt"]
    assert path.read_text() == "old"
    with pytest.raises(OSError, match="not a regular file"):
        check_writable(tmp_path)


@pytest.mark.parametrize(
    "name", ["x" * 255, "é" * 127, "😀" * 63, ".hidden", "a.b.c.d.e.f.g", "[a]*"]
)
def test_any_name_will_do(name, tmp_path):
    write(tmp_path / name, "one")
    write(tmp_path / name, "two")
    assert (tmp_path / name).read_text() == "two"
    assert names(tmp_path) == [name]


KILLED = """
import os, signal, sys
from autoenc.files import atomic_write
with atomic_write(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    path, other = tmp_path / "file.txt", tmp_path / "other.txt"
    path.write_text("old")
    for left in (path, other):
        subprocess.run([sys.executable, "-c", KILLED, str(left)], check=False)
    assert path.read_text() == "old"
    litter = [name for name in names(tmp_path) if UNFINISHED in name]
    assert [name.split(".")[1] for name in litter] == ["file", "other"]
    write(path, "new")
    # Only that of the same path.
    assert names(tmp_path) == [litter[1], "file.txt"]


def test_what_a_living_writer_has_begun_is_left_alone(tmp_path):
    path = tmp_path / "file.txt"
    with atomic_write(path) as slow:
        slow.write_text("slow")
        write(path, "fast")
        assert path.read_text() == "fast"
        assert slow.exists()
    assert path.read_text() == "slow"
    assert names(tmp_path) == ["file.txt"]


def test_many_threads_may_write_one_path(tmp_path):
    path = tmp_path / "file.txt"
    problems = []

    def run(number):
        try:
            for _ in range(50):
                write(path, str(number) * 5000)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert path.read_text() in [str(number) * 5000 for number in range(4)]
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_writers_that_fail_leave_the_old_file(writer, failure):
    # Pictures take long to draw; `python -m torture.writers` fails each writer at many points.
    n_points = 5 if writer.name in ("picture", "animation") else 20
    report = torment(writer, failure, n_points)
    assert report.problems == []
    assert report.tried >= n_points


# What writes a file, by the name of the function or method.
WRITES = {
    "write_text", "write_bytes", "savefig", "save", "savez", "savez_compressed", "savetxt",
    "tofile", "dump", "to_csv", "to_json", "copyfile", "copy2", "move", "rename", "replace",
    "mkstemp", "NamedTemporaryFile", "urlretrieve", "retrieve", "save_file",
}  # fmt: skip
# Flags of os.open with which a file is written.
WRITING = {"APPEND", "CREAT", "RDWR", "TRUNC", "WRONLY"}
# Of these names, what belongs to others: text, arrays, and our own that write atomically.
OTHERS = {"replace": {"Path", "os", "temporary"}, "save": {"np", "pictures", "image", "Image"}}
# Modules that need not use it, or do the same in another way.
EXEMPT = {
    "autoenc/files.py": "implements it",
    "autoenc/folders.py": "tries whether a folder can be written to",
    "autoenc/backends/c/blas.py": "renames a link to a library",
    "autoenc/backends/c/headers.py": "compiles in a temporary folder",
    "autoenc/backends/xla/thin/launching.py": "compiles in a temporary folder",
    "autoenc/cli/__init__.py": "opens the null device",
    "autoenc/theano/meaning/archives.py": "writes to a file that the caller has opened",
    "autoenc/theano/modernise/pickles.py": "writes to a file that the script has opened",
    "autoenc/theano/modernise/python2.py": "prints syntax trees",
    "autoenc/training/lock.py": "opens a file to lock it",
    "autoenc/models/results.py": "has functions that write to the temporary file",
    "autoenc/tables/writing.py": "has functions that write to the temporary file",
    "autoenc/tables/image_folders.py": "writes a folder elsewhere, and renames it",
}


def writing_calls(tree):
    """Yield the calls outside any `with atomic_write(...)` that open a file for writing."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.With) and "atomic_write(" in ast.unparse(node.items[0]):
            continue
        if isinstance(node, ast.Call) and opens_for_writing(node):
            yield ast.unparse(node)
        yield from writing_calls(node)


def opens_for_writing(call):
    owner, _, name = ast.unparse(call.func).rpartition(".")
    if call.args and ast.unparse(call.args[0]) == "buffer":
        return False
    if name == "open":
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        modes = [value.value for value in values if isinstance(value, ast.Constant)]
        flags = re.findall(r"os\.O_(\w+)", ast.unparse(call))
        return any(set(str(mode)) & set("wax+") for mode in modes) or bool(WRITING & set(flags))
    if name in OTHERS:
        return owner.split(".")[0].split("[")[0] in OTHERS[name]
    return name in WRITES


def modules():
    folders = (ROOT / "autoenc", ROOT / "examples")
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_all_files_are_written_atomically(path):
    found = list(writing_calls(ast.parse(path.read_text(encoding="utf-8"))))
    assert bool(found) == (str(path.relative_to(ROOT)) in EXEMPT), found


@pytest.mark.parametrize(
    "code",
    [
        "open(path, 'w')",
        "path.open(mode='ab')",
        "path.write_text('')",
        "np.save(path, a)",
        "figure.savefig(path)",
        "os.open(path, os.O_WRONLY)",
        "with open(path, 'w') as file: pass",
        "with atomic_write(path) as p: pass\npath.write_bytes(b'')",
    ],
)
def test_other_ways_would_be_found(code):
    assert list(writing_calls(ast.parse(code)))
