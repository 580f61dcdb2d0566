"""Placeholders for names of Theano that cannot work here."""

from __future__ import annotations

from typing import Any

from pytensor.graph.op import Op


class NotAvailableError(NotImplementedError):
    """Error raised when a name of Theano is used that does not exist on current engines."""


class Refused:
    """Name of Theano that raises when it is called or inspected.

    Scripts often import names that they never use, so the import alone does not fail. Nor does a
    class that inherits from the name, only its instances.

    Parameters
    ----------
    name : str
        Name, as spelled in Theano.
    why : str
        Reason why it does not work.
    instead : str
        Closest alternative that works.
    """

    def __init__(self, name: str, why: str, instead: str) -> None:
        self._name, self._why, self._instead = name, why, instead

    @property
    def message(self) -> str:
        """Reason why the name does not work, and the alternative."""
        return f"{self._name} does not work under autoenc.theano: {self._why}. {self._instead}"

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Raise the error."""
        raise NotAvailableError(self.message)

    def __mro_entries__(self, _: Any) -> Any:
        def refuse(*_: Any, **__: Any) -> Any:
            raise NotAvailableError(self.message)

        return (type(Op)(self._name.rpartition(".")[2], (Op,), {"__new__": refuse}),)

    def __instancecheck__(self, _: Any) -> bool:
        # Scripts check whether variables are on Theano's old GPU back-end; none are.
        return False

    def __subclasscheck__(self, _: Any) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotAvailableError(self.message)

    def __repr__(self) -> str:
        return f"<{self.message}>"
