"""Pictures are written whole or not at all."""

import io
import os
import pickle
import stat
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from PIL import Image

from autoenc.plotting import plot_filters, save_figure


@pytest.fixture
def figure():
    return plot_filters(np.eye(4))


@pytest.fixture
def earlier(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"an earlier picture")
    return path


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


STARTS = {
    "png": b"\x89PNG",
    "PNG": b"\x89PNG",
    "pdf": b"%PDF",
    "svg": b"<?xml",
    "jpg": b"\xff\xd8",
}


@pytest.mark.parametrize("suffix", STARTS)
def test_suffix_names_the_format(figure, tmp_path, suffix):
    path = tmp_path / f"picture.{suffix}"
    save_figure(figure, path)
    assert path.read_bytes().startswith(STARTS[suffix])
    assert names_in(tmp_path) == [path.name]


def test_folders_are_made_and_strings_are_paths(figure, tmp_path):
    save_figure(figure, str(tmp_path / "a" / "b" / "picture.png"))
    assert imread(tmp_path / "a" / "b" / "picture.png").ndim == 3


def test_earlier_picture_is_replaced(figure, earlier):
    save_figure(figure, earlier)
    assert imread(earlier).shape[2] == 4


def test_bare_name_is_in_the_working_folder(figure, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_figure(figure, "picture.png")
    assert names_in(tmp_path) == ["picture.png"]


def test_figures_of_others_can_be_saved(tmp_path):
    save_figure(Figure(), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").exists()


def fail(*_args, **_options):
    raise OSError("no space left")


@pytest.mark.parametrize(
    "target", ["pathlib.Path.replace", "os.fsync", "matplotlib.figure.Figure.savefig"]
)
def test_failure_leaves_the_earlier_picture_and_no_litter(figure, earlier, monkeypatch, target):
    monkeypatch.setattr(target, fail)
    with pytest.raises(OSError, match="no space left"):
        save_figure(figure, earlier)
    assert earlier.read_bytes() == b"an earlier picture"
    assert names_in(earlier.parent) == [earlier.name]


def test_failure_half_way_leaves_the_earlier_picture(figure, earlier, monkeypatch):
    def half(_figure, file, **_options):
        file.write_bytes(b"half a pic")
        raise KeyboardInterrupt

    monkeypatch.setattr(Figure, "savefig", half)
    with pytest.raises(KeyboardInterrupt):
        save_figure(figure, earlier)
    assert earlier.read_bytes() == b"an earlier picture"
    assert names_in(earlier.parent) == [earlier.name]


@pytest.mark.parametrize("name", ["picture", "picture.docx", ".png"])
def test_unknown_suffix_is_refused_before_anything_is_made(figure, tmp_path, name):
    with pytest.raises(ValueError, match=r"does not name a picture format; .* \.png"):
        save_figure(figure, tmp_path / "new" / name)
    assert names_in(tmp_path) == []


def test_folder_in_the_place_of_the_picture_is_refused(figure, tmp_path):
    (tmp_path / "picture.png").mkdir()
    with pytest.raises(OSError, match="is not a regular file; choose another path"):
        save_figure(figure, tmp_path / "picture.png")


def test_file_in_the_place_of_a_folder_is_refused(figure, earlier):
    for path in (earlier / "picture.png", earlier / "deeper" / "picture.png"):
        with pytest.raises(NotADirectoryError, match="a part of that path is a file"):
            save_figure(figure, path)
    assert earlier.read_bytes() == b"an earlier picture"


@pytest.mark.skipif(os.name == "nt", reason="POSIX links and permissions")
def test_links_stay_links_and_permissions_are_the_usual_ones(figure, tmp_path):
    link = tmp_path / "latest.png"
    link.symlink_to("run-7.png")
    save_figure(figure, link)
    assert link.is_symlink()
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert mode(tmp_path / "run-7.png") == mode(ordinary)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_notebook_shows_a_figure_by_its_picture():
    figure = plot_filters(np.eye(16))
    assert pickle.loads(pickle.dumps(figure))._repr_png_() == figure._repr_png_()
    assert Image.open(io.BytesIO(figure._repr_png_())).size == tuple(figure.bbox.size.astype(int))
