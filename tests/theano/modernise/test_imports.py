"""Which modules are modernised when a script imports them."""

import py_compile
from importlib.machinery import SourceFileLoader

import pytest

from autoenc.theano.modernise.imports import OldSourceFinder, OldSourceLoader


@pytest.fixture
def installed(tmp_path):
    """A folder of installed packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("text", "loader"), [("print('new')", SourceFileLoader), ("print 'old'", OldSourceLoader)]
)
def test_installed_modules_are_modernised_if_they_do_not_parse(installed, text, loader):
    (installed / "module.py").write_text(text)
    spec = OldSourceFinder().find_spec("module", [str(installed)])
    assert (type(spec.loader) if spec else SourceFileLoader) is loader


def test_cached_modules_are_not_compiled_again(installed, monkeypatch):
    module = installed / "module.py"
    module.write_text("print('new')")
    py_compile.compile(str(module))
    monkeypatch.setattr("builtins.compile", lambda *_, **__: pytest.fail("it was compiled"))
    assert OldSourceFinder().find_spec("module", [str(installed)]) is None
