"""``theano.config``: settings by name, in Theano's sections."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytensor

from autoenc.theano.flags.keys import ALL, HONOURED, OWN
from autoenc.threads import warnings_caught

logger = logging.getLogger("theano")


class Config:
    """Settings by name: ``config.floatX``, ``config.blas.ldflags``.

    A setting that PyTensor also has is PyTensor's setting. The values of other settings are stored
    here. If such a setting has no effect, a warning gives the reason once.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._added: dict[str, Callable[[Any], Any]] = {}
        self._named: set[str] = set()

    def get(self, name: str) -> Any:
        """Return the value of a setting.

        Raises
        ------
        AttributeError
            If Theano had no such setting.
        """
        if name in HONOURED:
            return _of_pytensor(name.replace(".", "__"))
        if name in self._values:
            return self._values[name]
        if name in OWN:
            return OWN[name].default
        raise AttributeError(f"theano.config has no setting {name!r}; Theano 1.0.5 had none.")

    def set(self, name: str, value: Any) -> None:
        """Set the value of a setting.

        Raises
        ------
        AttributeError
            If Theano had no such setting.
        ValueError
            If the setting cannot have this value.
        """
        if name in HONOURED:
            _set_in_pytensor(name.replace(".", "__"), value)
            return
        if name in self._added:
            self._values[name] = self._added[name](value)
            return
        if name not in ALL:
            raise AttributeError(f"theano.config has no setting {name!r}; Theano 1.0.5 had none.")
        self._values[name] = _checked(name, value)
        self._say_if_ignored(name, value)

    def add(self, name: str, value: Any, convert: Callable[[Any], Any]) -> None:
        """Add a setting of a script.

        Parameters
        ----------
        name : str
        value : any
        convert : callable
            Converts values that are set later, or raises an exception.

        Raises
        ------
        AttributeError
            If there is such a setting.
        """
        if name in self.names():
            raise AttributeError("This name is already taken", name)
        self._values[name] = value
        self._added[name] = convert

    def names(self) -> frozenset[str]:
        """Return the names of all settings, including those of scripts."""
        return frozenset([*ALL, *self._added])

    @contextmanager
    def change_flags(self, given: Any = None, **more: Any) -> Iterator[None]:
        """Change settings temporarily, within a block or a decorated function.

        Parameters
        ----------
        given : dict or iterable of (name, value), optional
            Names may contain dots: ``[("conv.assert_shape", True)]``.
        **more : object
            Two underscores stand for a dot.
        """
        values = {
            key.replace("__", "."): value for key, value in {**dict(given or ()), **more}.items()
        }
        before = {name: self.get(name) for name in values}
        try:
            for name, value in values.items():
                self.set(name, value)
            yield
        finally:
            for name, value in before.items():
                self.set(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self.is_section(name):
            return Section(self, name)
        return self.get(name.replace("__", "."))

    def is_section(self, name: str) -> bool:
        """Return whether names of settings begin with a name and a dot."""
        return name not in ALL and any(key.startswith(f"{name}.") for key in self.names())

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self.set(name.replace("__", "."), value)

    def __str__(self) -> str:
        return "\n".join(f"{name} = {self.get(name)}" for name in sorted(self.names()))

    def _say_if_ignored(self, name: str, value: Any) -> None:
        key = OWN[name]
        if key.ignored and str(value) != str(key.default) and name not in self._named:
            self._named.add(name)
            logger.warning("%s=%s is ignored: %s.", name, value, key.ignored)


def _checked(name: str, value: Any) -> Any:
    """Return a value of a setting; refuse words that Theano refused."""
    key = OWN[name]
    if key.words and str(value) not in key.words:
        raise ValueError(
            f'Invalid value ("{value}") for configuration variable "{name}". '
            f"Valid options are {key.words}"
        )
    return value


def _of_pytensor(name: str) -> Any:
    with warnings_caught():
        # PyTensor warns that it has found no BLAS, even if autoenc has.
        warnings.filterwarnings("ignore", message="PyTensor could not link to a BLAS")
        return getattr(pytensor.config, name)


def _set_in_pytensor(name: str, value: Any) -> None:
    parameter = pytensor.config._config_var_dict[name]
    if parameter.mutable:
        setattr(pytensor.config, name, value)
        return
    # PyTensor declares the setting immutable but reads it at each use; Theano let scripts set it.
    applied = parameter.apply(value)
    parameter.validate(applied)
    parameter.val = applied


class Section:
    """The settings of a section: ``config.dnn``."""

    def __init__(self, config: Config, name: str) -> None:
        object.__setattr__(self, "_config", config)
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name: str) -> Any:
        full = f"{self._name}.{name}"
        if self._config.is_section(full):
            return Section(self._config, full)
        return self._config.get(full)

    def __setattr__(self, name: str, value: Any) -> None:
        self._config.set(f"{self._name}.{name}", value)


config = Config()
