"""The user's Theano settings: precision, device, BLAS, compiler flags.

Old ``.theanorc`` files and ``THEANO_FLAGS`` keep working. In order of precedence:
arguments of a call, ``THEANO_FLAGS``, ``.theanorc``, PyTensor's own flags, and
autoenc's defaults.

>>> read_settings(flags="floatX=float64,device=cuda0", files=[]).device
'cuda0'
"""

from __future__ import annotations

import configparser
import functools
import os
import re
import shlex
import sysconfig
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from autoenc.folders import expand, temporary_folder

FLOAT_TYPES = ("float32", "float64")
DEVICE_PATTERN = re.compile(r"cpu|cuda\d*")
# Theano's first name for a GPU: use a GPU if there is one, which is also today's default.
ANY_GPU = re.compile(r"gpu\d*")


class SettingsError(ValueError):
    """Error raised if the value of a setting is not supported."""


@dataclass(frozen=True)
class Settings:
    """The settings that were given; ``None`` means *not given*.

    Attributes
    ----------
    floatX : {"float32", "float64"}, optional
        Dtype of parameters, inputs and costs.
    device : {"cpu", "cuda", "cuda0", ...}, optional
        Device on which training runs.
    blas__ldflags : str, optional
        Linker flags of the BLAS for the C backend.
    gcc__cxxflags : str, optional
        Compiler flags for the C backend, in place of autoenc's own.
    base_compiledir : str, optional
        Folder of the compiled C modules.
    """

    floatX: str | None = None  # noqa: N815 - Theano's name
    device: str | None = None
    blas__ldflags: str | None = None
    gcc__cxxflags: str | None = None
    base_compiledir: str | None = None


def read_settings(
    flags: str | None = None, files: Iterable[str | os.PathLike[str]] | None = None
) -> Settings:
    """Read ``THEANO_FLAGS`` and the ``.theanorc`` files.

    Parameters
    ----------
    flags : str, optional
        Comma-separated ``key=value`` pairs; the environment's ``THEANO_FLAGS``
        by default.
    files : iterable of path, optional
        Files in INI format; later files have precedence. By default the files named in
        ``THEANORC``, else ``~/.theanorc``. Missing files are skipped.

    Returns
    -------
    Settings
        The settings that were given. Unknown keys are ignored, because old files contain many of
        them.

    Raises
    ------
    SettingsError
        If a known key has a value that is not supported.
    """
    given = given_settings(flags, files)
    if ANY_GPU.fullmatch(given.get("device", "")):
        del given["device"]
    known = {field.name.lower(): field.name for field in fields(Settings)}
    settings = Settings(**{known[key]: value for key, value in given.items() if key in known})
    check_float_type(settings.floatX, in_files=True)
    check_device(settings.device, in_files=True)
    return settings


@functools.cache
def user_settings() -> Settings:
    """Return the user's settings, which are read once per process.

    Objects that depend on them, such as the functions of a fitted model, do not change when a file
    changes.
    """
    return read_settings()


def given_settings(
    flags: str | None = None, files: Iterable[str | os.PathLike[str]] | None = None
) -> dict[str, str]:
    """Return every setting that was given, including unknown ones.

    Parameters
    ----------
    flags, files
        As for `read_settings`.

    Returns
    -------
    dict
        Keys are in lower case, with ``__`` between section and name.
    """
    flags = os.environ.get("THEANO_FLAGS", "") if flags is None else flags
    files = _theanorc_files() if files is None else files
    return {**_from_files(files), **_from_flags(flags)}


def name_of_dtype(value: Any) -> Any:
    """Return the name of a NumPy type or dtype; return anything else unchanged.

    >>> import numpy as np
    >>> name_of_dtype(np.float64), name_of_dtype(np.dtype("float32")), name_of_dtype(None)
    ('float64', 'float32', None)
    """
    if value is None or isinstance(value, str):
        return value
    import numpy as np

    try:
        return np.dtype(value).name
    except TypeError:
        return value


def check_float_type(value: Any, in_files: bool = False) -> str | None:
    """Check that `value` is a supported precision or None, and return it.

    Parameters
    ----------
    value : Any
        The precision.
    in_files : bool
        Whether it comes from a file or the environment, where it is called floatX.

    Raises
    ------
    SettingsError
        If the precision is not supported.
    """
    found: str | None = None if value is None else name_of_dtype(value)
    if found is not None and found not in FLOAT_TYPES:
        name = "floatX" if in_files else "dtype"
        where = " Correct it in THEANO_FLAGS or in .theanorc." if in_files else ""
        raise SettingsError(
            f"{name} is {found!r}; expected one of {', '.join(FLOAT_TYPES)}.{where}"
        )
    return found


def device_grid(devices: object) -> tuple[int, int] | None:
    """Return the numbers of devices that share rows and units, for a grid such as ``"4x2"``.

    >>> device_grid("4x2"), device_grid(4), device_grid("0x2")
    ((4, 2), None, None)
    """
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", devices) if isinstance(devices, str) else None
    return None if found is None else (int(found[1]), int(found[2]))


def check_device(value: str | None, in_files: bool = False) -> str | None:
    """Check that `value` names a supported device or is None, and return it.

    Parameters
    ----------
    value : str or None
        The device.
    in_files : bool
        Whether it comes from a file or the environment, which the error then names.

    Raises
    ------
    SettingsError
        If the device is not supported.
    """
    if value is not None and not (isinstance(value, str) and DEVICE_PATTERN.fullmatch(value)):
        where = " Correct it in THEANO_FLAGS or in .theanorc." if in_files else ""
        raise SettingsError(
            f"device is {value!r}; expected 'cpu', 'cuda' or 'cuda<number>' "
            f"(Theano's old 'gpu' is today's 'cuda').{where}"
        )
    return value


def configure_pytensor(settings: Settings) -> None:
    """Set PyTensor's ``floatX`` to float32 unless the user has chosen otherwise.

    Like Theano, autoenc takes the precision from ``.theanorc`` when it is imported.
    PyTensor's own default of float64 halves the speed and doubles the memory.
    """
    config = _import_config()
    if settings.floatX is not None:
        config.floatX = settings.floatX
    elif config._config_var_dict["floatX"].is_default:
        config.floatX = "float32"


def _import_config() -> Any:
    """Import PyTensor's settings, with a substitute if there is no home folder.

    PyTensor searches for the home folder when it is imported, and raises an error if there is
    none. It creates a folder for compiled code in it when it first compiles.
    """
    with _any_home():
        from pytensor import config
    folder = config._config_var_dict["base_compiledir"]
    if folder.is_default and not _can_be_made(folder.val):
        folder.val = temporary_folder() / "pytensor"
    if config.cxx and not has_python_headers():
        # Otherwise PyTensor would call the compiler in every mode, and fail.
        config.cxx = ""
    return config


def has_python_headers() -> bool:
    """Return whether Python's headers are installed; in Debian, they are in ``python3-dev``."""
    return (Path(sysconfig.get_path("include")) / "Python.h").is_file()


@contextmanager
def _any_home() -> Iterator[None]:
    if expand("~").is_absolute():
        yield
        return
    os.environ["HOME"] = "/nonexistent"
    try:
        yield
    finally:
        del os.environ["HOME"]


def _can_be_made(folder: Path) -> bool:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return os.access(there, os.W_OK)


def _theanorc_files() -> list[str]:
    listed = os.environ.get("THEANORC")
    if listed:
        return [name for name in listed.split(os.pathsep) if name]
    return ["~/.theanorc"]


def _from_files(files: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    for name in files:
        path = expand(name)
        if not path.exists():
            continue
        try:
            # Some editors begin a file with a byte-order mark, which utf-8-sig skips.
            parser.read_string(path.read_text(encoding="utf-8-sig"), source=str(path))
        except (OSError, configparser.Error, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not a readable INI file: {error}") from error
    return {
        key if section == "global" else f"{section}__{key}": value
        for section in parser.sections()
        for key, value in parser.items(section)
    }


def _from_flags(flags: str) -> dict[str, str]:
    parts = [part for part in _split(flags) if part.strip()]
    for part in parts:
        if "=" not in part:
            warnings.warn(
                f"THEANO_FLAGS has {part.strip()!r}, which is ignored; expected a name and a "
                "value, such as floatX=float64.",
                stacklevel=2,
            )
    pairs: Mapping[str, str] = dict(part.split("=", 1) for part in parts if "=" in part)
    return {key.strip().lower().replace(".", "__"): value.strip() for key, value in pairs.items()}


def _split(flags: str) -> list[str]:
    # As in Theano, values may be quoted, and a backslash escapes a comma.
    words = shlex.shlex(flags, posix=True)
    words.whitespace = ","
    words.whitespace_split = True
    try:
        return list(words)
    except ValueError as error:
        raise SettingsError(
            f"THEANO_FLAGS is {flags!r}, which cannot be read: {error}."
        ) from error
