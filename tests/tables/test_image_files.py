"""Folders of images of any origin."""

import io
import os
import random

import numpy as np
import pytest
from PIL import Image

from autoenc.tables import TableError, read_table
from tests.tables.test_table_reading import refusal

LEVELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
GREY = LEVELS[..., 0]


def encoded(format_, image=None, **options):
    buffer = io.BytesIO()
    (Image.fromarray(LEVELS) if image is None else image).save(buffer, format_, **options)
    return buffer.getvalue()


def folder_of(path, *contents, suffix=".png"):
    path.mkdir()
    for i, content in enumerate(contents):
        (path / f"{i}{suffix}").write_bytes(content)
    return path


@pytest.mark.parametrize("format_", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_documented_formats_whatever_the_suffix(tmp_path, format_):
    options = {"lossless": True} if format_ == "WEBP" else {}
    table = read_table(folder_of(tmp_path / "a", encoded(format_, **options)))
    assert table.image_shape == (6, 8, 3)
    np.testing.assert_array_equal(table.values[0], LEVELS.ravel() / 256)


# Of the formats that Pillow can also read, some are decoded by other programs.
OTHERS = ["EPS", "ICO", "TGA", "PCX", "SGI", "JPEG2000", "DDS", "ICNS", "PDF"]


@pytest.mark.parametrize("format_", OTHERS)
def test_other_formats_are_not_tried(tmp_path, format_):
    content = encoded(format_)
    assert "0.png: not a readable image" in refusal(folder_of(tmp_path / "a", content))


def test_no_other_program_is_started(tmp_path, monkeypatch):
    """Pillow draws PostScript with Ghostscript, whatever the file is called."""
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"
    assert "not a readable image" in refusal(folder_of(tmp_path / "a", content))
    assert not (tmp_path / "ran").exists()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert "a.png: not a regular file" in refusal(tmp_path)


def test_links_out_of_the_folder_are_refused(tmp_path):
    folder = folder_of(tmp_path / "a", encoded("PNG"))
    (folder / "1.png").symlink_to("0.png")
    assert len(read_table(folder).values) == 2
    outside = tmp_path / "secret.png"
    outside.write_bytes(encoded("PNG"))
    (folder / "2.png").symlink_to(outside)
    assert "2.png: a link to a file outside the folder" in refusal(folder)
    (folder / "2.png").unlink()
    (folder / "2.png").symlink_to("nothing.png")
    assert "2.png: a broken link" in refusal(folder)
    (folder / "2.png").unlink()
    (folder / "more").symlink_to(tmp_path)
    assert "more: a link to a folder" in refusal(folder)


@pytest.mark.parametrize(
    ("format_", "options"),
    [("GIF", {}), ("TIFF", {}), ("PNG", {}), ("WEBP", {"lossless": True})],
)
def test_animations_are_refused(tmp_path, format_, options):
    frames = [Image.fromarray(LEVELS), Image.fromarray(255 - LEVELS)]
    content = encoded(format_, frames[0], save_all=True, append_images=frames[1:], **options)
    assert "0.png: is an animation, or has several pages" in refusal(
        folder_of(tmp_path / "a", content)
    )


def test_the_previews_of_a_camera_are_no_animation(tmp_path):
    frames = [Image.fromarray(LEVELS), Image.fromarray(LEVELS[::2, ::2])]
    content = encoded("MPO", frames[0], save_all=True, append_images=frames[1:])
    assert read_table(folder_of(tmp_path / "a", content)).image_shape == (6, 8, 3)


def test_sixteen_bits_of_grey(tmp_path):
    deep = (GREY.astype(np.uint16) << 8) | 0x55
    folder = folder_of(tmp_path / "a", encoded("PNG", Image.fromarray(deep)))
    table = read_table(folder)
    np.testing.assert_array_equal(table.values[0], deep.ravel() / np.float32(65536))
    assert table.image_shape == (6, 8)
    (folder / "0.png").write_bytes(b"P5 8 6 65535\n" + deep.astype(">u2").tobytes())
    np.testing.assert_array_equal(read_table(folder).values, table.values)
    # Beside colours, grey of 16 bits is grey in each of the three.
    (folder / "1.png").write_bytes(encoded("PNG"))
    both = read_table(folder).values.reshape(2, 48, 3)
    np.testing.assert_array_equal(both[0], np.repeat(table.values.T, 3, axis=1))


@pytest.mark.parametrize("mode", ["F", "I"])
def test_other_numbers_are_refused(tmp_path, mode):
    content = encoded("TIFF", Image.fromarray(GREY).convert(mode))
    assert f"pixels of mode {mode}; expected 8 bits" in refusal(folder_of(tmp_path / "a", content))


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16"])
def test_photographs_are_rotated_as_the_camera_was(tmp_path, mode):
    upright = Image.fromarray(LEVELS)
    upright = Image.fromarray(GREY.astype(np.uint16)) if mode == "I;16" else upright.convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    table = read_table(folder_of(tmp_path / "a", encoded("PNG", turned, exif=exif)))
    expected = read_table(folder_of(tmp_path / "b", encoded("PNG", upright)))
    assert table.image_shape == expected.image_shape
    np.testing.assert_array_equal(table.values, expected.values)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_are_white(tmp_path, mode):
    """What is behind them, which nobody has seen, must not be learned."""
    seen, hidden = (50, 0)
    levels = np.full((4, 4), 30, np.uint8)
    levels[0, 0] = 200
    alpha = np.full((4, 4), 255, np.uint8)
    alpha[0, 0] = hidden
    grey = Image.fromarray(levels)
    if mode == "P":
        image = grey.convert("P")
        content = encoded("PNG", image, transparency=200)
    else:
        image = grey.convert(mode)
        image.putalpha(Image.fromarray(alpha))
        content = encoded("PNG", image)
    table = read_table(folder_of(tmp_path / "a", content, encoded("PNG", grey)))
    first = table.values[0].reshape(16, -1)
    np.testing.assert_array_equal(first[0], 255 / 256)
    np.testing.assert_array_equal(first[1:], 30 / 256)
    assert "1 of 2 images have transparent pixels, shown on white" in table.notes[0]
    assert seen > hidden


def test_opaque_images_with_alpha_are_as_without(tmp_path):
    image = Image.fromarray(LEVELS).convert("RGBA")
    table = read_table(folder_of(tmp_path / "a", encoded("PNG", image)))
    np.testing.assert_array_equal(table.values[0], LEVELS.ravel() / 256)
    assert table.notes == ()


def test_errors_have_no_control_characters(tmp_path):
    """A traceback is shown on a terminal as well."""
    (tmp_path / "a\x1b[2J.png").write_text("not an image")
    with pytest.raises(TableError) as caught:
        read_table(tmp_path)
    assert f"{tmp_path}/a\\x1b[2J.png: not a readable image" in str(caught.value)


def test_an_image_of_many_pixels_is_not_decoded(tmp_path):
    folder = folder_of(tmp_path / "a", encoded("PNG", Image.new("1", (4000, 4000))))
    assert "the image needs 256 MB" in refusal(folder, max_bytes=100_000_000)
    (folder / "0.png").write_bytes(encoded("PNG", Image.new("1", (20_000, 20_000))))
    assert "decompression bomb" in refusal(folder)


# One entry: the image is to be rotated.
EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06" + bytes(6)
SEEDS = [
    *(("PNG", mode, {}) for mode in ("RGB", "P", "LA", "RGBA", "I;16", "1")),
    ("GIF", "P", {}), ("TIFF", "RGB", {"compression": "tiff_lzw"}), ("TIFF", "CMYK", {}),
    ("WEBP", "RGB", {}), ("BMP", "RGB", {}), ("PPM", "RGB", {}), ("JPEG", "CMYK", {}),
    ("JPEG", "RGB", {"exif": EXIF}),
    ("DDS", "RGB", {}), ("SGI", "RGB", {}),
]  # fmt: skip


def damaged(content, rng):
    content = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 8])):
        place = rng.randrange(min(len(content), rng.choice([120, len(content)])))
        kind = rng.randrange(4)
        if kind == 0:
            content[place] = rng.randrange(256)
        elif kind == 1:
            del content[max(1, place) :]
        elif kind == 2:
            content[place : place + 4] = rng.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"])
        else:
            del content[place : place + rng.randrange(1, 5)]
        content = content or bytearray(b"x")
    return bytes(content)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed[0]}-{seed[1]}")
def test_damaged_images_are_read_or_refused(tmp_path, seed):
    format_, mode, options = seed
    image = Image.fromarray(LEVELS)
    image = Image.fromarray(GREY.astype(np.uint16)) if mode == "I;16" else image.convert(mode)
    content = encoded(format_, image, **options)
    folder = folder_of(tmp_path / "a", content)
    rng = random.Random(0)
    outcomes = set()
    for _ in range(250):
        (folder / "0.png").write_bytes(damaged(content, rng))
        try:
            outcomes.add(read_table(folder).values.dtype)
        except TableError as error:
            outcomes.add(str(error).startswith(str(folder)))
    assert outcomes <= {np.dtype(np.float32), True}


def test_images_of_many_sizes_are_resized_by_averages(tmp_path):
    large = np.kron(GREY, np.ones((3, 2), np.uint8))  # each pixel as 3 by 2
    folder = folder_of(
        tmp_path / "a",
        encoded("PNG", Image.fromarray(GREY)),
        encoded("PNG", Image.fromarray(large)),
    )
    assert "--resize HEIGHTxWIDTH" in refusal(folder)
    table = read_table(folder, resize=(6, 8))
    assert table.image_shape == (6, 8)
    np.testing.assert_array_equal(table.values, np.tile(GREY.ravel() / 256, (2, 1)))
    small = read_table(folder, resize=(3, 4)).values
    halves = GREY.reshape(3, 2, 4, 2).mean(axis=(1, 3)).ravel()
    # Pillow rounds to bytes after each direction.
    np.testing.assert_allclose(small, np.tile(halves / 256, (2, 1)), atol=1.01 / 256)


def test_resized_images_of_sixteen_bits_keep_their_levels(tmp_path):
    levels = np.arange(16, dtype=np.uint16).reshape(4, 4) * 257
    folder = folder_of(tmp_path / "a", encoded("PNG", Image.fromarray(levels)))
    expected = levels.reshape(2, 2, 2, 2).mean(axis=(1, 3)).ravel() / 65536
    values = read_table(folder, resize=(2, 2)).values
    np.testing.assert_allclose(values[0], expected, rtol=1e-6)


def test_colours_become_grey(tmp_path):
    table = read_table(folder_of(tmp_path / "a", encoded("PNG")), grey=True)
    assert table.image_shape == (6, 8)
    weighed = LEVELS @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(table.values[0], weighed.ravel() / 256, atol=0.51 / 256)


def test_only_images_are_resized(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    for options in ({"resize": (2, 2)}, {"grey": True}):
        with pytest.raises(TableError, match="is not a folder of images"):
            read_table(path, **options)
    with pytest.raises(ValueError, match=r"resize is \(0, 2\)"):
        read_table(path, resize=(0, 2))
