"""Read ``THEANO_FLAGS`` and ``.theanorc`` into ``theano.config``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from autoenc.configuration import SettingsError, given_settings
from autoenc.theano.flags.config import config
from autoenc.theano.flags.keys import ALL, OWN

logger = logging.getLogger("theano")

# PyTensor may not accept these after it has been imported, or autoenc's backends apply them.
_ELSEWHERE = {
    "floatX",
    "blas.ldflags",
    "gcc.cxxflags",
    "base_compiledir",
    "compiledir",
    "compiledir_format",
}
_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def apply_given() -> None:
    """Apply the settings of the environment and of files; report settings without effect once."""
    for name, value in _known():
        if name not in _ELSEWHERE:
            _set(name, value)


def _set(name: str, value: str) -> None:
    """Set a setting from text.

    Raises
    ------
    SettingsError
        If the setting cannot have this value.
    """
    converted = _converted(name, value)
    try:
        config.set(name, converted)
    except ValueError as error:
        raise SettingsError(f"{error}. Correct it in THEANO_FLAGS or .theanorc.") from error


def _known() -> Iterator[tuple[str, str]]:
    by_lower = {name.lower(): name for name in ALL}
    for key, value in given_settings().items():
        name = by_lower.get(key.replace("__", "."))
        if name is None:
            logger.warning("%s=%s is ignored: Theano had no such setting.", key, value)
        else:
            yield name, value


def _converted(name: str, value: str) -> Any:
    default = OWN[name].default if name in OWN else config.get(name)
    if isinstance(default, bool):
        return _truth(name, value)
    if isinstance(default, (int, float)):
        return _number(name, value)
    return value


def _truth(name: str, value: str) -> bool:
    """Convert text to True or False.

    Raises
    ------
    SettingsError
        If the text is neither.
    """
    if value.lower() not in _WORDS:
        raise SettingsError(
            f"{name} is {value!r}; expected True or False. Correct it in THEANO_FLAGS or "
            ".theanorc."
        )
    return _WORDS[value.lower()]


def _number(name: str, value: str) -> float:
    """Convert text to a number.

    Raises
    ------
    SettingsError
        If the text is not a number.
    """
    try:
        return int(value) if value.lstrip("-").isdigit() else float(value)
    except ValueError:
        raise SettingsError(
            f"{name} is {value!r}; expected a number. Correct it in THEANO_FLAGS or .theanorc."
        ) from None
