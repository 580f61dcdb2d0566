"""Arguments of functions in files: ``theano.function_dump``."""

from __future__ import annotations

from typing import Any

from autoenc.files import atomic_write
from autoenc.theano.meaning.archives import StripPickler


def function_dump(
    filename: str,
    inputs: Any,
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    extra_tag_to_remove: str | None = None,
) -> None:
    """Write the arguments of ``theano.function`` to a file, as a pickled dictionary.

    Parameters
    ----------
    filename : str
    inputs, outputs, mode, updates, givens, no_default_updates, accept_inplace, name
        See ``theano.function``.
    rebuild_strict, allow_input_downcast, profile, on_unused_input
        See ``theano.function``.
    extra_tag_to_remove : str, optional
        Tag of variables that is not written.
    """
    arguments = {
        "inputs": inputs,
        "outputs": outputs,
        "mode": mode,
        "updates": updates,
        "givens": givens,
        "no_default_updates": no_default_updates,
        "accept_inplace": accept_inplace,
        "name": name,
        "rebuild_strict": rebuild_strict,
        "allow_input_downcast": allow_input_downcast,
        "profile": profile,
        "on_unused_input": on_unused_input,
    }
    with atomic_write(filename) as path, path.open("wb") as file:
        StripPickler(file, protocol=-1, extra_tag_to_remove=extra_tag_to_remove).dump(arguments)
