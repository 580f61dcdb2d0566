"""Settings that scripts add to ``theano.config``: ``AddConfigVar`` and the types of values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autoenc.configuration import given_settings
from autoenc.theano.flags.config import Config, config

Filter = Callable[[Any], Any]


class ConfigParam:
    """A setting with a default value.

    Parameters
    ----------
    default : any
        Default value, or a function that returns it.
    filter : callable, optional
        Converts values, and raises ValueError for invalid ones.
    allow_override : bool, default True
        Whether scripts may change the value.
    """

    fullname = "unnamed"

    def __init__(
        self,
        default: Any,
        filter: Filter | None = None,  # noqa: A002 - Theano's name
        allow_override: bool = True,
    ) -> None:
        self.default = default
        self.filter = filter
        self.allow_override = allow_override

    def converted(self, value: Any) -> Any:
        """Return a value as the setting stores it."""
        return value if self.filter is None else self.filter(value)

    def first(self) -> Any:
        """Return the value from ``THEANO_FLAGS`` or ``.theanorc``, or the default."""
        given = {key.replace("__", ".").lower(): value for key, value in given_settings().items()}
        if self.fullname.lower() in given:
            return self.converted(given[self.fullname.lower()])
        default = self.default() if callable(self.default) else self.default
        return self.converted(default)

    def __get__(self, section: Any, kind: Any = None) -> Any:
        """Return the current value; Theano's settings were attributes of a class."""
        return config.get(self.fullname)

    def __set__(self, section: Any, value: Any) -> None:
        """Set the value."""
        config.set(self.fullname, value)


class EnumStr(ConfigParam):
    """A setting that is one of several words.

    Raises
    ------
    ValueError
        If a word is not a string.
    """

    def __init__(self, default: str, *options: str, **more: Any) -> None:
        self.all = (default, *options)
        for word in self.all:
            if not isinstance(word, str):
                raise ValueError(
                    f"Valid values for an EnumStr parameter should be strings, got {word!r}"
                )
        self._convert = more.get("convert") or (lambda value: value)
        super().__init__(default, self._checked, more.get("allow_override", True))

    def _checked(self, value: Any) -> Any:
        value = self._convert(value)
        if value not in self.all:
            raise ValueError(
                f'Invalid value ("{value}") for configuration variable "{self.fullname}". Valid '
                f"options are {self.all}"
            )
        return value


class TypedParam(ConfigParam):
    """A setting of a type, whose values may be checked further by `is_valid`."""

    def __init__(
        self,
        default: Any,
        mytype: Callable[[Any], Any],
        is_valid: Callable[[Any], bool] | None = None,
        allow_override: bool = True,
    ) -> None:
        self._type = mytype
        self._is_valid = is_valid
        super().__init__(default, self._checked, allow_override)

    def _checked(self, value: Any) -> Any:
        problem = f'Invalid value ({value}) for configuration variable "{self.fullname}".'
        try:
            converted = self._type(value)
        except ValueError as error:
            raise ValueError(f"{problem} {error}") from error
        if self._is_valid is not None and not self._is_valid(converted):
            raise ValueError(problem)
        return converted


class _OfOneType(TypedParam):
    """A setting whose class determines the type of its values."""

    converts: Callable[[Any], Any]

    def __init__(self, default: Any, is_valid: Any = None, allow_override: bool = True) -> None:
        super().__init__(default, type(self).converts, is_valid, allow_override)


class StrParam(_OfOneType):
    """A text."""

    converts = str


class IntParam(_OfOneType):
    """An integer."""

    converts = int


class FloatParam(_OfOneType):
    """A number."""

    converts = float


def _as_bool(value: Any) -> bool:
    if value in ("False", "false", "0", False):
        return False
    if value in ("True", "true", "1", True):
        return True
    raise ValueError("Expected True or False.")


class BoolParam(_OfOneType):
    """True or False, also as text."""

    converts = staticmethod(_as_bool)


def AddConfigVar(  # noqa: N802 - Theano's name
    name: str, doc: str, configparam: ConfigParam, root: Config = config, in_c_key: bool = True
) -> None:
    """Add a setting to ``theano.config``.

    Parameters
    ----------
    name : str
        Name, with a dot after each section: "pthreads.lib".
    doc : str
        What the setting means.
    configparam : ConfigParam
        Its type and default. A value in ``THEANO_FLAGS`` or ``.theanorc`` has precedence.
    root : Config, optional
        Not used.
    in_c_key : bool, default True
        Not used.

    Raises
    ------
    AttributeError
        If there is such a setting.
    ValueError
        If the default or the given value is invalid.
    """
    configparam.fullname = name
    configparam.doc = doc  # type: ignore[attr-defined]
    config.add(name, configparam.first(), _setter(configparam))
    _config_var_list.append(configparam)


def _setter(parameter: ConfigParam) -> Filter:
    def checked(value: Any) -> Any:
        if not parameter.allow_override:
            raise Exception(  # Theano's type
                "Can't change the value of this config parameter after initialization!"
            )
        return parameter.converted(value)

    return checked


def _of_theano(name: str) -> ConfigParam:
    parameter = ConfigParam(partial(config.get, name))
    parameter.fullname = name
    return parameter


# All settings. Theano had no public list of them, and PyMC3 reads this one.
_config_var_list = [_of_theano(name) for name in sorted(config.names())]
