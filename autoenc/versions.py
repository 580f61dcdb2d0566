"""Versions of the installed libraries that results depend on."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable


def installed_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Return the version of each library that is installed.

    JAX and Numba may have been removed to save space: the C backend needs neither.

    Parameters
    ----------
    libraries : iterable of str
        Names of distributions.

    Returns
    -------
    dict from str to str

    Examples
    --------
    >>> list(installed_versions(["numpy", "no-such-library"]))
    ['numpy']
    """
    found = {}
    for library in libraries:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
