"""Prepare a process for old scripts: names of Theano, NumPy 1 and Python 2's library."""

from __future__ import annotations

import functools
import warnings

import pytensor

from autoenc.configuration import given_settings
from autoenc.theano import aliases
from autoenc.theano.modernise import (
    arrays,
    binary_files,
    h5py2,
    imports,
    later,
    library,
    nose1,
    removed,
    scipy0,
)


def prepare() -> None:
    """Prepare the process for a script; later calls have no further effect."""
    # These warnings address authors of new code; old scripts run unmodified.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    if "floatx" not in given_settings():
        # autoenc's default is float32; Theano's was not.
        pytensor.config.floatX = "float64"
    aliases.install()
    arrays.install()
    library.install()
    removed.install()
    nose1.install()
    scipy0.install()
    _change_modules()
    imports.install()


@functools.cache
def _change_modules() -> None:
    changes = {"h5py": h5py2.change, "csv": binary_files.change_csv, "imp": imports.change_imp}
    later.change_on_import({**scipy0.changes(), **changes})
