"""Pickles in zip files, with arrays as separate files: ``theano.misc.pkl_utils``."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from autoenc.backends.arrays import on_the_host

DEFAULT_PROTOCOL = pickle.HIGHEST_PROTOCOL


class PersistentNdarrayID:
    """Writes each array of an object to a separate file in a zip file.

    Parameters
    ----------
    zip_file : ZipFile
    """

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        self.seen: dict[int, str] = {}

    def __call__(self, obj: Any) -> str | None:
        """Return the persistent id of an array, and None for other objects."""
        if type(obj) is not np.ndarray:
            return None
        if id(obj) not in self.seen:
            name = self._name_for(obj)
            with self.zip_file.open(name, "w") as file:
                np.lib.format.write_array(file, obj)
            self.seen[id(obj)] = f"ndarray.{name}"
        return self.seen[id(obj)]

    def _name_for(self, _: Any) -> str:
        self.count += 1
        return f"array_{self.count - 1}"


class PersistentSharedVariableID(PersistentNdarrayID):
    """Like `PersistentNdarrayID`, but names the arrays of shared variables after the variables.

    Parameters
    ----------
    zip_file : ZipFile
    allow_unnamed, allow_duplicates : bool
        Whether shared variables may be unnamed, or have the same name.

    Raises
    ------
    ValueError
        If the name of a shared variable is not allowed.
    """

    def __init__(
        self, zip_file: zipfile.ZipFile, allow_unnamed: bool = True, allow_duplicates: bool = True
    ) -> None:
        super().__init__(zip_file)
        self.allow_unnamed, self.allow_duplicates = allow_unnamed, allow_duplicates
        self._names: dict[int, str] = {}
        self._uses: Counter[str] = Counter()

    def __call__(self, obj: Any) -> str | None:
        """Return the persistent id of an array; record the names of shared variables."""
        if isinstance(obj, SharedVariable):
            self._note(obj)
        return super().__call__(obj)

    def _note(self, variable: Any) -> None:
        if variable.name == "pkl":
            raise ValueError("can't pickle shared variable with name `pkl`")
        if variable.name:
            # A copy on the host is pickled, instead of an array on a device.
            storage = variable.container.storage
            storage[0] = on_the_host(storage[0])
            self._names[id(storage[0])] = variable.name
        elif not self.allow_unnamed:
            raise ValueError(f"unnamed shared variable, {variable}")

    def _name_for(self, obj: Any) -> str:
        name = self._names.get(id(obj))
        if name is None:
            return super()._name_for(obj)
        self._uses[name] += 1
        if self._uses[name] == 1:
            return name
        if not self.allow_duplicates:
            raise ValueError(f"multiple shared variables with the name `{name}` found")
        return f"{name}_{self._uses[name]}"


class PersistentNdarrayLoad:
    """Reads the arrays of an object from a zip file.

    Parameters
    ----------
    zip_file : ZipFile
    """

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.cache: dict[str, Any] = {}

    def __call__(self, persid: str) -> Any:
        """Return the array for a persistent id; arrays from a GPU become NumPy arrays."""
        kind, name = persid.split(".", 1)
        if name not in self.cache:
            with self.zip_file.open(name) as file:
                if kind == "gpuarray":
                    pickle.load(file)
                self.cache[name] = np.lib.format.read_array(file)
        return self.cache[name]


def dump(
    obj: Any,
    file_handler: Any,
    protocol: int = DEFAULT_PROTOCOL,
    persistent_id: Callable[[zipfile.ZipFile], Any] = PersistentSharedVariableID,
) -> None:
    """Write an object to a zip file; NumPy alone can read its arrays.

    Parameters
    ----------
    obj : any
    file_handler : binary file
    protocol : int
    persistent_id : callable
        Function that returns, for a zip file, an object that names the arrays.
    """
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as zip_file:
        names = persistent_id(zip_file)
        pickled = _pickled(obj, protocol, names)
        zip_file.writestr("pkl", pickled)


def load(
    f: Any,
    persistent_load: Callable[[zipfile.ZipFile], Any] = PersistentNdarrayLoad,
    encoding: str = "latin1",
) -> Any:
    """Read an object that `dump` wrote.

    Parameters
    ----------
    f : binary file
    persistent_load : callable
        Function that returns, for a zip file, an object that reads the arrays.
    encoding : str
        Encoding of text written by Python 2.
    """
    with zipfile.ZipFile(f, "r") as zip_file, zip_file.open("pkl") as file:
        unpickler = pickle.Unpickler(file, encoding=encoding)
        unpickler.persistent_load = persistent_load(zip_file)  # type: ignore[method-assign]
        return unpickler.load()


def _pickled(obj: Any, protocol: int, names: Any) -> bytes:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=protocol)
    pickler.persistent_id = names  # type: ignore[method-assign]
    pickler.dump(obj)
    return buffer.getvalue()


class CompatUnpickler(pickle.Unpickler):
    """Unpickler for pickles written by Python 2."""

    def __init__(self, file: Any, encoding: str = "latin1", **more: Any) -> None:
        super().__init__(file, encoding=encoding, **more)


class StripPickler(pickle.Pickler):
    """Pickler that removes test values and the records of where variables were created."""

    def __init__(self, file: Any, protocol: int = 0, extra_tag_to_remove: Any = None) -> None:
        super().__init__(file, protocol)
        extra = extra_tag_to_remove or ()
        self._tags = {"trace", "test_value", *([extra] if isinstance(extra, str) else extra)}

    def persistent_id(self, obj: Any) -> None:
        """Remove these tags from an object; return None, because nothing is stored separately."""
        tag = getattr(obj, "tag", None)
        for name in self._tags:
            if tag is not None and hasattr(tag, name):
                delattr(tag, name)
