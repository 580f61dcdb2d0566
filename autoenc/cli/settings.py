"""Options of `autoenc train` for the settings of the models."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PREFIX = "setting_"


@dataclass(frozen=True)
class Option:
    """An option for a setting.

    Attributes
    ----------
    flag : str
    setting : str
        Argument of the models' constructors.
    metavar : str
        What stands for the value in the help; empty for a switch.
    purpose : str
    kind : callable
        From text to value.
    """

    flag: str
    setting: str
    metavar: str
    purpose: str
    kind: Callable[[str], Any] = str


def _sizes(text: str) -> int | tuple[int, ...]:
    sizes = tuple(int(size) for size in text.split(","))
    return sizes if len(sizes) > 1 else sizes[0]


def _corruption(text: str) -> Any:
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


_FUNCTIONS = "sigmoid, tanh, relu, softplus or linear"

GROUPS: dict[str, tuple[Option, ...]] = {
    "model": (
        Option("--hidden", "n_hidden", "N", "units of the code; of a stack, N,N,...", _sizes),
        Option(
            "--corruption",
            "corruption",
            "P",
            "noise while training: the part of entries set to zero, such as 0.3; or its kind and "
            "amount, such as gaussian:0.1 or salt_and_pepper:0.2; of a stack P,P,... for each "
            "layer",
            _corruption,
        ),
        Option("--activation", "activation", "NAME", f"of the code: {_FUNCTIONS}"),
        Option("--output-activation", "output", "NAME", f"of reconstructions: {_FUNCTIONS}"),
        Option("--init", "init", "NAME", "how weights are drawn: uniform or gaussian"),
        Option("--tied", "tied", "", "decode with the encoder's weights, transposed"),
    ),
    "cost": (
        Option(
            "--cost",
            "cost",
            "NAME",
            "cross_entropy, for values in [0, 1], or squared_error; by default what suits them",
        ),
        Option(
            "--missing",
            "missing",
            "NAME",
            "what empty cells are: refuse, or mask, to leave them out of code and cost",
        ),
        Option("--l1", "l1", "W", "weight of the sum of |W|", float),
        Option("--l2", "l2", "W", "weight of the sum of W²", float),
        Option("--contraction", "contraction", "W", "weight of the contractive penalty", float),
        Option("--sparsity", "sparsity", "W", "weight of the sparsity penalty", float),
        Option("--sparsity-target", "sparsity_target", "P", "mean value aimed at, (0, 1)", float),
    ),
    "training": (
        Option(
            "--optimizer",
            "optimizer",
            "NAME",
            "sgd, momentum, nesterov, adagrad, rmsprop, adadelta or adam",
        ),
        Option("--learning-rate", "learning_rate", "R", "step of the optimizer", float),
        Option("--momentum", "momentum", "M", "of sgd, in [0, 1)", float),
        Option("--batch-size", "batch_size", "N", "rows of a minibatch", int),
        Option("--epochs", "n_epochs", "N", "how often all rows are visited", int),
        Option("--shuffle", "shuffle", "", "visit rows in random order"),
        Option(
            "--validation-fraction",
            "validation_fraction",
            "P",
            "part of the rows that is held out for the validation cost",
            float,
        ),
        Option(
            "--patience",
            "early_stopping",
            "N",
            "stop after N epochs without a lower validation cost, and keep the best parameters",
            _patience,
        ),
        Option("--seed", "random_state", "N", "the same seed gives the same model", _seed),
    ),
    "machine": (
        Option("--backend", "backend", "NAME", "auto, c, xla or numba"),
        Option("--device", "device", "NAME", "cpu, cuda, cuda0, ..."),
        Option("--dtype", "dtype", "NAME", "float32 or float64"),
    ),
}
FLAGS = {option.setting: option.flag for options in GROUPS.values() for option in options}


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting of the models.

    What is not given is not set, so that the models' own defaults hold.
    """
    for title, options in GROUPS.items():
        group = parser.add_argument_group(title)
        for option in options:
            how: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
            if option.metavar:
                how = {"type": _reader(option.kind), "metavar": option.metavar}
            group.add_argument(
                option.flag,
                dest=PREFIX + option.setting,
                default=argparse.SUPPRESS,
                help=option.purpose,
                **how,
            )


def _reader(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let what cannot be read be told by the parser in words, not by a function's name."""

    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} cannot be read: {error}") from error

    return read


def new_estimator(cls: type[Any], options: argparse.Namespace) -> Any:
    """Make an estimator with the settings given, and its own where none are.

    Raises
    ------
    ValueError
        If the class has no such setting.
    """
    given = {
        name.removeprefix(PREFIX): value
        for name, value in vars(options).items()
        if name.startswith(PREFIX)
    }
    known = inspect.signature(cls).parameters
    if "hidden_sizes" in known and "n_hidden" in given:
        sizes = given.pop("n_hidden")
        given["hidden_sizes"] = sizes if isinstance(sizes, tuple) else (sizes,)
    unknown = sorted(FLAGS[name] for name in given if name not in known)
    if unknown:
        raise ValueError(f"{cls.__name__} has no {', '.join(unknown)}; leave it out.")
    if isinstance(given.get("n_hidden"), tuple):
        raise ValueError("--hidden has several sizes, which only --model stack takes.")
    return cls(**given, verbose=not options.quiet)
