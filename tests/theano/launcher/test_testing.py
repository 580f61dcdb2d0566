"""Changes to pytest with which it runs test suites of Theano's time."""

import subprocess
import sys

import pytest

from autoenc.theano.launcher import testing


def test_a_test_that_yields_calls_runs_them():
    seen = []

    def test_all(start):
        for i in range(2):
            yield seen.append, start + i
        yield (lambda: seen.append("alone"))

    test = testing._calls(test_all)
    assert test(5) is None
    assert seen == [5, 6, "alone"]
    assert test.__name__ == "test_all"
    assert not hasattr(test, "__wrapped__")


def test_classes_are_set_up_as_in_nose(tmp_path):
    lines = [
        "class TestPlain(object):",
        "    def setUp(self):",
        "        self.value = 3",
        "    def test_value(self):",
        "        assert self.value == 3",
        "class TestOwn(TestPlain):",
        "    def setup_method(self):",
        "        self.value = 3",
    ]
    (tmp_path / "test_plain.py").write_text("\n".join(lines))
    command = [sys.executable, "-m", "autoenc.theano", "-m", "pytest", "-q", "test_plain.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_call_that_fails_fails_the_test():
    def check(n):
        assert n < 1, f"{n} is too much"

    with pytest.raises(AssertionError, match="1 is too much"):
        testing._calls(lambda: ((check, n) for n in range(3)))()


def test_hooks_may_take_the_old_path(tmp_path):
    ignored = testing._ignore_collect(lambda path, config: (path.basename, config))
    assert ignored(tmp_path / "a.py", "configuration") == ("a.py", "configuration")
    collected = testing._collect_file(lambda parent, path: (str(path), parent))
    assert collected(tmp_path, "parent") == (str(tmp_path), "parent")
    assert testing._collect_file(lambda path: path.basename)(tmp_path / "b", None) == "b"


def test_the_scope_of_a_fixture_may_be_its_first_argument(monkeypatch):
    given = []
    monkeypatch.setattr(pytest, "fixture", lambda *a, **more: given.append((a, more)))
    monkeypatch.setattr(pytest, "yield_fixture", None)
    testing._accept_old_fixtures()
    pytest.fixture("session", autouse=True)
    pytest.yield_fixture("module", [1, 2])
    pytest.fixture(len, name="n")
    assert given == [
        ((), {"scope": "session", "autouse": True}),
        ((), {"scope": "module", "params": [1, 2]}),
        ((len,), {"name": "n"}),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "print 'a'; half = 7 / 2\n",
        b"\xef\xbb\xbfprint 'a'\r\nhalf = 7 / 2\r\n",
        b"# coding: latin-1\nprint '\xe9'\nhalf = 7 / 2\n",
    ],
)
def test_sources_are_modernised_as_they_are_parsed(source, capsys):
    names = {}
    syntax = testing._old_syntax()
    exec(compile(syntax.parse(source, "<test>"), "<test>", "exec"), names)
    assert names["half"] == 3
    assert capsys.readouterr().out.strip() in ("a", "é")
    assert syntax.literal_eval("[1]") == [1]
