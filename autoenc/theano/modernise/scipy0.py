"""Names that SciPy has removed: those of NumPy in its root, and ``scipy.misc``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import scipy
import scipy.linalg
import scipy.special

from autoenc.theano.modernise.later import restore

Array = Any
_RESAMPLING = ("nearest", "lanczos", "bilinear", "bicubic", "cubic")


def bytescale(
    data: Array,
    cmin: float | None = None,
    cmax: float | None = None,
    high: int = 255,
    low: int = 0,
) -> Array:
    """Scale an array to 8-bit integers: `cmin` becomes `low`, `cmax` becomes `high`.

    Parameters
    ----------
    data : array
        Returned unchanged if its dtype is uint8.
    cmin, cmax : float, optional
        By default the smallest and the largest entry.
    high, low : int
        Between 0 and 255.
    """
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    least = data.min() if cmin is None else cmin
    span = (data.max() if cmax is None else cmax) - least
    scaled = (data - least) * (float(high - low) / (span or 1)) + low
    whole: Array = (scaled.clip(low, high) + 0.5).astype(np.uint8)
    return whole


def toimage(
    arr: Array,
    high: int = 255,
    low: int = 0,
    cmin: float | None = None,
    cmax: float | None = None,
    mode: str | None = None,
    channel_axis: int | None = None,
    **_: Any,
) -> Any:
    """Return a Pillow image from an array (rows, columns), or with three or four channels.

    Raises
    ------
    ValueError
        If `arr` has another shape.
    """
    data = np.asarray(arr)
    if data.ndim == 2:
        return _plane(data, (cmin, cmax, high, low), mode)
    axes = [a for a, length in enumerate(data.shape) if length in (3, 4)]
    axis = channel_axis if channel_axis is not None else next(iter(axes), None)
    if data.ndim != 3 or axis is None or data.shape[axis] not in (3, 4):
        raise ValueError("'arr' does not have a suitable array shape for any mode.")
    pixels = np.ascontiguousarray(np.moveaxis(bytescale(data, cmin, cmax, high, low), axis, 2))
    picture = _pillow().fromarray(pixels)
    return picture if mode is None else picture.convert(mode)


def _plane(data: Array, limits: tuple[Any, ...], mode: str | None) -> Any:
    if mode == "F":
        return _pillow().fromarray(data.astype(np.float32))
    picture = _pillow().fromarray(bytescale(data, *limits))
    return picture if mode in (None, "L") else picture.convert(mode)


def fromimage(im: Any, flatten: bool = False, mode: str | None = None) -> Array:
    """Return the entries of a Pillow image; `flatten` converts it to grey levels."""
    mode = mode or ("RGBA" if im.mode == "P" and "transparency" in im.info else None)
    im = im.convert(mode or ("RGB" if im.mode == "P" else im.mode))
    if flatten:
        im = im.convert("F")
    return np.array(im.convert("L") if im.mode == "1" else im)


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> Array:
    """Read an image from a file."""
    with _pillow().open(name) as picture:
        return fromimage(picture, flatten, mode)


def imsave(name: Any, arr: Array, format: str | None = None) -> None:  # noqa: A002 - SciPy's
    """Write an array to an image file, scaled to 8 bits as by `bytescale`."""
    picture = toimage(arr, channel_axis=2)
    picture.save(name, **({} if format is None else {"format": format}))


def imresize(arr: Array, size: Any, interp: str = "bilinear", mode: str | None = None) -> Array:
    """Return an image of another size, with 8 bits unless `mode` is "F".

    Parameters
    ----------
    arr : array
    size : int, float or tuple of int
        Percentage, fraction, or rows and columns.
    interp : {"nearest", "lanczos", "bilinear", "bicubic"}
    mode : str, optional
        Mode of the Pillow image.
    """
    picture = toimage(arr, mode=mode)
    size = _columns_and_rows(picture.size, size)
    return fromimage(picture.resize(size, _resampling(interp)))


def _resampling(interp: str) -> Any:
    if interp not in _RESAMPLING:
        raise ValueError(f"interp must be one of {', '.join(_RESAMPLING)}, got {interp!r}")
    return _pillow().Resampling["BICUBIC" if interp == "cubic" else interp.upper()]


def _columns_and_rows(now: tuple[int, int], size: Any) -> tuple[int, int]:
    if np.ndim(size):
        rows, columns = size
        return int(columns), int(rows)
    factor = size / 100.0 if isinstance(size, (int, np.integer)) else float(size)
    return int(now[0] * factor), int(now[1] * factor)


def imrotate(arr: Array, angle: float, interp: str = "bilinear") -> Array:
    """Rotate an image counter-clockwise by an angle in degrees."""
    return fromimage(toimage(arr).rotate(angle, resample=_resampling(interp)))


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "scipy.misc reads and writes images with Pillow: pip install pillow"
        ) from error
    return Image


_MISC = (bytescale, toimage, fromimage, imread, imsave, imresize, imrotate)
_SPECIAL = ("logsumexp", "comb", "factorial", "factorial2", "factorialk")


def _removed() -> dict[Any, dict[str, Any]]:
    import scipy.misc

    misc: dict[str, Any] = {function.__name__: function for function in _MISC}
    misc |= {name: getattr(scipy.special, name) for name in _SPECIAL}
    return {
        scipy.misc: misc,
        scipy.linalg: {
            "pinv2": scipy.linalg.pinv,
            **{name: getattr(np, name) for name in ("kron", "tri", "tril", "triu")},
        },
        scipy: _of_numpy(),
    }


def _of_numpy() -> dict[str, Any]:
    """Return NumPy's functions and types, which old versions of SciPy had in their root."""
    folder = Path(scipy.__file__).parent
    own = {path.stem for path in folder.iterdir()} | set(dir(scipy))
    public = {name: value for name, value in vars(np).items() if not name.startswith("_")}
    names = {n: v for n, v in public.items() if n not in own and not isinstance(v, ModuleType)}
    return {**names, "rand": np.random.rand, "randn": np.random.randn, "random": np.random}


def install() -> None:
    """Restore missing names; existing ones are not changed."""
    for module, names in _removed().items():
        restore(module, names)


def _windows(signal: Any) -> dict[str, Any]:
    windows = {name: getattr(signal.windows, name) for name in signal.windows.__all__}
    return {**windows, "hanning": signal.windows.hann}


def _integrals(integrate: Any) -> dict[str, Any]:
    return {
        "simps": integrate.simpson,
        "trapz": integrate.trapezoid,
        "cumtrapz": integrate.cumulative_trapezoid,
    }


def _statistics(stats: Any) -> dict[str, Any]:
    return {
        "binom_test": lambda *arguments, **more: stats.binomtest(*arguments, **more).pvalue,
        "itemfreq": lambda a: np.stack(np.unique(a, return_counts=True), axis=1),
        "chisqprob": stats.chi2.sf,
    }


# Names of modules that are not imported before a script imports them.
_LATER: dict[str, Callable[[Any], dict[str, Any]]] = {
    "scipy.signal": _windows,
    "scipy.integrate": _integrals,
    "scipy.stats": _statistics,
}


def changes() -> dict[str, Callable[[Any], None]]:
    """Return functions that restore the names of modules, by the names of the modules."""
    return {name: _restoring(names_of) for name, names_of in _LATER.items()}


def _restoring(names_of: Callable[[Any], dict[str, Any]]) -> Callable[[Any], None]:
    return lambda module: restore(module, names_of(module))
