"""How each line of a script is handled."""

import pytest

from autoenc.theano.launcher.arguments import main
from autoenc.theano.launcher.explaining import _explain, names_in
from autoenc.theano.states import REFUSED, SAME, UNKNOWN


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("import theano", [(1, "theano")]),
        ("import theano.tensor as T\nT.exp", [(1, "theano.tensor"), (2, "theano.tensor.exp")]),
        (
            "import theano.tensor\ntheano.tensor.nnet.relu(x)",
            [(1, "theano.tensor"), (2, "theano.tensor.nnet.relu")],
        ),
        (
            "from theano import tensor as TT, shared\nTT.log(shared(1))",
            [(1, "theano.tensor"), (1, "theano.shared"), (2, "theano.tensor.log")],
        ),
        ("from theano.tensor import *", []),
        ("import numpy\nfrom math import exp\nnumpy.exp(1)", []),
        (
            "import theano\nx[theano.config.floatX.upper()]",
            [(1, "theano"), (2, "theano.config.floatX")],
        ),
        ("import theano\nf(1).theano", [(1, "theano")]),
    ],
)
def test_names_of_theano(source, uses):
    found = [(line, name) for line, name, _ in names_in(source)]
    assert found == uses


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tensor.exp", SAME),
        ("config.floatX", SAME),
        ("tensor.nothing", UNKNOWN),
        ("gpuarray.init_dev", REFUSED),
    ],
)
def test_states_of_names(name, kind):
    states = [state.kind for _, _, state in names_in(f"import theano\ntheano.{name}")]
    assert states[-1] == kind


def test_a_script_that_works(tmp_path, capsys):
    path = tmp_path / "script.py"
    path.write_bytes(
        b"\xef\xbb\xbfimport theano\r\nx = 1\r\n"
        b"print theano.config.floatX, theano.config.floatX\r\n"
    )
    assert not _explain(path)
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:1: import theano",
        "    theano: as under Theano",
        f"{path}:3: print theano.config.floatX, theano.config.floatX",
        "    Python 2: read as print(theano.config.floatX, theano.config.floatX)",
        "    theano.config.floatX: as under Theano",
        f"{path}: Python 2, read as Python 3; every name works.",
    ]


def test_a_script_that_does_not_work(tmp_path, capsys):
    path = tmp_path / "script.py"
    path.write_text("import theano\ntheano.nothing\ntheano.gpuarray.init_dev('cuda')\n")
    assert _explain(path)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("    theano.nothing: NOT FOUND") for line in lines)
    assert any(line.startswith("    theano.gpuarray.init_dev: REFUSED: ") for line in lines)
    assert lines[-1] == f"{path}: Python 3; 2 uses do not work."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tensor.unique", "the shape of its result depends on values"),
        ("printing.Print", "XLA does not print"),
        (
            "tensor.shared_randomstreams.RandomStreams",
            "it draws from NumPy's generator on the host",
        ),
        ("sandbox.rng_mrg.MRG_RandomStreams", None),
        ("tensor.exp", None),
    ],
)
def test_what_runs_in_c_is_explained(tmp_path, capsys, name, reason):
    path = tmp_path / "script.py"
    path.write_text(f"import theano\ntheano.{name}\n")
    assert not _explain(path)
    (note,) = [
        line for line in capsys.readouterr().out.splitlines() if f"    theano.{name}" in line
    ]
    in_c = "; on XLA, a function that uses it runs in C: "
    assert note.partition(in_c)[2] == (reason or "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-m"],
        ["-q", "script.py"],
    ],
)
def test_a_command_line_without_a_script(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert "usage: python -m autoenc.theano [--python2] [--explain] script.py [arguments]" in error


def test_help(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "explain how each line that uses Theano is handled" in capsys.readouterr().out
