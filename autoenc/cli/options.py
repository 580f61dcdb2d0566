"""Options of `autoenc train`, from the table of the models' settings."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

PREFIX = "setting_"
AUTO = "auto"


def _sizes(text: str) -> int | str | tuple[int, ...]:
    if text == AUTO:
        return text
    sizes = tuple(int(size) for size in text.split(","))
    return sizes if len(sizes) > 1 else sizes[0]


def _epochs(text: str) -> int | str:
    return text if text == AUTO else int(text)


def _rate(text: str) -> float | str:
    return text if text == AUTO else float(text)


def _corruption(text: str) -> Any:
    if text == AUTO:
        return text
    noises = [_noise(part) for part in text.split(",")]
    return noises if len(noises) > 1 else noises[0]


def _noise(text: str) -> float | tuple[str, float]:
    kind, colon, amount = text.rpartition(":")
    return (kind, float(amount)) if colon else float(amount)


def _seed(text: str) -> int:
    seed = int(text)
    if not 0 <= seed < 2**32:
        raise argparse.ArgumentTypeError(f"{seed} is not in [0, 2^32)")
    return seed


def _patience(text: str) -> Any:
    from autoenc.training import EpochPatience

    return EpochPatience(int(text))


def _devices(text: str) -> int | str:
    from autoenc.configuration import device_grid

    return text if text == "all" or device_grid(text) else int(text)


# Functions that read the settings which are neither numbers, switches nor names.
READERS: dict[str, Callable[[str], Any]] = {
    "n_hidden": _sizes,
    "n_epochs": _epochs,
    "learning_rate": _rate,
    "corruption": _corruption,
    "pretraining_corruption": _corruption,
    "devices": _devices,
    "early_stopping": _patience,
    "random_state": _seed,
}


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting of the models that has a flag.

    An option that is not given sets nothing, so that the default of the model applies.
    """
    from autoenc.models.settings import SETTINGS

    groups: dict[str, Any] = {}
    for name, setting in SETTINGS.items():
        if not setting.flag:
            continue
        if setting.group not in groups:
            groups[setting.group] = parser.add_argument_group(setting.group)
        flag, _, metavar = setting.flag.partition(" ")
        how: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
        if metavar:
            how = {"type": _reader(READERS.get(name) or _type_of(setting)), "metavar": metavar}
        groups[setting.group].add_argument(
            flag,
            dest=PREFIX + name,
            default=argparse.SUPPRESS,
            help=setting.help or _first_sentence(in_options(setting.purpose)),
            **how,
        )


# Arguments and settings that appear in messages, and whose options are not made from the table.
_OTHER_OPTIONS = {
    "resume": "--resume",
    "checkpoint": "--checkpoint",
    "validation": "--validation",
    "scale": "--scale",
    "hidden_sizes": "--hidden",
}


def in_options(text: str) -> str:
    """Replace the names of settings by the command's options in a message of the Python interface.

    Parameters
    ----------
    text : str
        A message that may name settings and arguments, such as ``n_epochs is 0``.

    Returns
    -------
    str
        The message. English words such as cost are replaced only if a value follows or if they
        begin the message. Quoted names and paths stay as they are.

    Examples
    --------
    >>> in_options("n_epochs is 0; pass resume=True, tied=False or missing='mask'.")
    '--epochs is 0; pass --resume, --no-tied or --missing mask.'
    >>> in_options("the cost of column 'batch_size' is high")
    "the cost of column 'batch_size' is high"
    """
    options = _options()
    names = "|".join(sorted(options, key=len, reverse=True))
    text = re.sub(rf"(?<![\w.'\"/-])({names})=({_VALUE})?", _with_value(options), text)
    long = "|".join(name for name in options if "_" in name)
    text = re.sub(
        rf"(?<![\w.'\"/-])`?({long})\b`?(?!['\"/\-=]|\.\w)", lambda m: options[m[1]], text
    )
    return re.sub(rf"^({names}) (?=is |has )", lambda m: f"{options[m[1]]} ", text)


# A value as Python writes it: a name in quotes, a number, or a call such as EpochPatience(10).
_VALUE = r"'[^']*'|\"[^\"]*\"|-?\d[\w.]*|\w+\(\d*\)|True|False|None"


def _options() -> dict[str, str]:
    from autoenc.models.settings import SETTINGS

    flags = {name: setting.flag.split()[0] for name, setting in SETTINGS.items() if setting.flag}
    return flags | _OTHER_OPTIONS


def _with_value(options: dict[str, str]) -> Callable[[re.Match[str]], str]:
    def replaced(match: re.Match[str]) -> str:
        option, value = options[match[1]], match[2] or ""
        if value == "True":
            return option
        if value == "False":
            return option.replace("--", "--no-", 1)
        number = re.fullmatch(r"\w+\((\d*)\)", value)
        value = number[1] if number else value.strip("'\"")
        return f"{option} {value.replace('None', 'none')}".strip()

    return replaced


def _type_of(setting: Any) -> Callable[[str], Any]:
    types = () if setting.check is None else setting.check.types
    return int if Integral in types else float if Real in types else str


def _first_sentence(purpose: str) -> str:
    """Return the first sentence in the style of help: lower case, without quotes or full stop."""
    sentence = purpose.split(". ", maxsplit=1)[0].rstrip(".").replace("`", "")
    return sentence[0].lower() + sentence[1:]


def _reader(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Wrap a function so that the parser reports its error, and not the name of the function."""

    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} cannot be read: {error}") from error

    return read


def settings_of(estimator: Any) -> dict[str, Any]:
    """Return the settings of a model; for a stack, including those of its layers."""
    own: dict[str, Any] = estimator.get_params(deep=False)
    layer = own.get("layer")
    return own if layer is None else {**layer.get_params(deep=False), **own}


def new_estimator(cls: type[Any], options: argparse.Namespace) -> Any:
    """Make an estimator with the settings that are given; the others keep their defaults.

    Raises
    ------
    ValueError
        If the class has no such setting.
    """
    from autoenc.models.settings import SETTINGS

    given = {
        name.removeprefix(PREFIX): value
        for name, value in vars(options).items()
        if name.startswith(PREFIX)
    }
    # A stack passes settings that it does not have itself, such as `verbose`, to its layers.
    known = settings_of(cls(verbose=not options.quiet))
    if "hidden_sizes" in known and "n_hidden" in given:
        sizes = given.pop("n_hidden")
        if sizes == AUTO:
            raise ValueError("--hidden is auto, but a stack cannot choose sizes; give N,N,...")
        given["hidden_sizes"] = sizes if isinstance(sizes, tuple) else (sizes,)
    unknown = sorted(SETTINGS[name].flag.split()[0] for name in given if name not in known)
    if unknown:
        raise ValueError(f"{cls.__name__} has no {', '.join(unknown)}; leave it out.")
    if isinstance(given.get("n_hidden"), tuple):
        raise ValueError("--hidden has several sizes, which --model deep and --model stack take.")
    return cls(**given, verbose=not options.quiet)
