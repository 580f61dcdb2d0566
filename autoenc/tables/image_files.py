"""Image files as arrays of numbers, read by Pillow's decoders of the documented formats."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autoenc.tables.memory import Budget
from autoenc.tables.table import Array, TableError
from autoenc.threads import warnings_caught

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".webp")
# Pillow knows more formats, some of which it passes to other programs. They are not tried.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM", "WEBP")
# Divisor of bytes; quotients are exact, because it is a power of two.
WHITE = 256
_GREY = ("1", "L", "LA", "La")
_COLOUR = ("P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "LAB", "HSV")
_ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
# In these formats, Pillow uses 32 bits for values of 16 bits.
_FORMATS_OF_SIXTEEN = ("PNG", "PPM")
_DEEP_WHITE = 1 << 16
# Memory that decoding takes at a time: the pixels, and copies for the conversion of modes.
_BYTES_PER_PIXEL = 16


class ImageProperties(NamedTuple):
    """Properties of an image, before its pixels are converted.

    Attributes
    ----------
    width, height : int
        Size after the rotation specified by the EXIF data.
    is_grey : bool
    has_alpha : bool
        Whether some pixels are transparent.
    """

    width: int
    height: int
    is_grey: bool
    has_alpha: bool


def properties_of(file: Path, budget: Budget) -> ImageProperties:
    """Decode an image, and return its properties.

    Raises
    ------
    TableError
        If the file is not a still image of a documented format, or is damaged.
    """
    with opened(file, budget) as image:
        is_grey = image.mode in (*_GREY, *_SIXTEEN_BITS, "I")
        return ImageProperties(image.width, image.height, is_grey, _is_transparent(image))


def pixels_of(
    file: Path, budget: Budget, *, is_grey: bool, size: tuple[int, int] | None = None
) -> Array:
    """Return the pixels of an image, in [0, 1).

    Parameters
    ----------
    file : Path
    budget : Budget
    is_grey : bool
        Whether to return grey levels, of shape (height, width), or colours, of shape
        (height, width, 3).
    size : tuple of int, optional
        Height and width to resize the image to, regardless of its proportions, by averaging pixels
        (Pillow's ``BOX``).

    Returns
    -------
    float32 array
        Bytes are divided by 256, levels of 16 bits by 65,536. Transparent pixels are shown on
        white.
    """
    from PIL import Image as Images

    with opened(file, budget) as image:
        if image.mode in (*_SIXTEEN_BITS, "I"):
            deep = Images.fromarray(np.asarray(image).astype(np.float32))
            levels = np.asarray(_resized(deep, size)) / np.float32(_DEEP_WHITE)
            return levels if is_grey else np.repeat(levels[..., None], 3, axis=2)
        flat = _on_white(image) if _is_transparent(image) else image
        flat = _resized(flat.convert("L" if is_grey else "RGB"), size)
        return np.asarray(flat, np.float32) / WHITE


def _resized(image: Image, size: tuple[int, int] | None) -> Image:
    from PIL.Image import Resampling

    return image if size is None else image.resize(size[::-1], Resampling.BOX)


@contextmanager
def opened(file: Path, budget: Budget) -> Iterator[Image]:
    """Open, check, decode and rotate an image; raise TableError for any fault."""
    from PIL import UnidentifiedImageError

    handle = _open_regular(file)
    with os.fdopen(handle, "rb") as stream:
        try:
            yield _decoded(file, stream, budget)
        except TableError:
            raise
        except UnidentifiedImageError as error:
            raise TableError(
                f"{file}: not a readable image; expected {', '.join(_FORMATS)} format."
            ) from error
        # For a damaged image, Pillow raises many kinds of errors.
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise TableError(f"{file}: not a readable image ({reason}).") from error


def _open_regular(file: Path) -> int:
    """Open a file. If it is a pipe, do not wait for the other end."""
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _O_BINARY)
    except OSError as error:
        raise TableError(f"{file}: cannot be opened ({error.strerror}).") from error
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise TableError(f"{file}: not a regular file; remove it, or give it another suffix.")


_O_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def _decoded(file: Path, stream: Any, budget: Budget) -> Image:
    from PIL import Image, ImageOps

    with warnings_caught():
        # Pillow warns about unreadable metadata, which does not matter here.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = Image.open(stream, formats=_FORMATS)
        _check_kind(file, image)
        budget.check(_BYTES_PER_PIXEL * image.width * image.height, "the image")
        image.load()
        return ImageOps.exif_transpose(image)


def _check_kind(file: Path, image: Image) -> None:
    # The other pictures of an MPO, which cameras write as .jpg, are previews.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise TableError(
            f"{file}: is an animation, or has several pages; save each as a separate image."
        )
    wide = image.mode == "I" and image.format in _FORMATS_OF_SIXTEEN
    if not (image.mode in (*_GREY, *_COLOUR, *_SIXTEEN_BITS) or wide):
        raise TableError(
            f"{file}: has pixels of mode {image.mode}; expected 8 bits per colour, or 16 bits of "
            "grey."
        )


def _is_transparent(image: Image) -> bool:
    if image.mode not in _ALPHA and "transparency" not in image.info:
        return False
    if image.mode in (*_SIXTEEN_BITS, "I"):  # one level is transparent, which is rarely used
        return False
    return int(np.asarray(_with_alpha(image).getchannel("A")).min()) < 255


def _with_alpha(image: Image) -> Image:
    # Pillow can convert premultiplied colours only in a single step.
    plain = {"La": "LA", "RGBa": "RGBA"}.get(image.mode)
    return (image.convert(plain) if plain else image).convert("RGBA")


def _on_white(image: Image) -> Image:
    from PIL import Image as Images

    white = Images.new("RGBA", image.size, "white")
    flat = Images.alpha_composite(white, _with_alpha(image))
    return flat.convert("L" if image.mode in _GREY else "RGB")
