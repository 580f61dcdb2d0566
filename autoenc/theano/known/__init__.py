"""The public names of Theano, by release.

``docs/theano_names.py`` extracted the lists from the packages. Each line contains the name of a
module, followed by its names. ``imported.txt`` lists the names that the modules of 1.0.5 imported
from each other: ``module home:name,name=original``. An imported module is ``name=``.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

RELEASES = ("0.9.0", "1.0.5")
# Names that only releases before 0.9 had.
OLDER = "older"


@cache
def names_of_release(release: str) -> dict[str, frozenset[str]]:
    """Return the names of each module of a release. Keys are names below ``theano``."""
    text = (files(__name__) / f"{release}.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines())
    return {
        module.removeprefix("theano").removeprefix("."): frozenset(names)
        for module, *names in lines
    }


def theano_names(module: str) -> frozenset[str]:
    """Return the names that a module had in any of the releases."""
    return frozenset().union(
        *(names_of_release(release).get(module, frozenset()) for release in (*RELEASES, OLDER))
    )


@cache
def imported_names(module: str) -> dict[str, tuple[str, str]]:
    """Return the names that a module of 1.0.5 imported from other modules of Theano.

    Returns
    -------
    dict
        Maps each name to its defining module and its name there; ``""`` for the module itself.
    """
    text = (files(__name__) / "imported.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines())
    lists = next((line[1:] for line in lines if line[0] == (module or "theano")), [])
    homes = {}
    for home, _, names in (part.partition(":") for part in lists):
        for name, alias, original in (text.partition("=") for text in names.split(",")):
            homes[name] = home, original if alias else name
    return homes
