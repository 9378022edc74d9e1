"""What the package's objects have in common: each stands for one thing in this process or on the server."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar, NoReturn, SupportsIndex

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotCopied:
    """An object that is neither copied nor pickled: two would close, free or hand out the same thing."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuses `copy`, `pickle` and what is made of them.

        Raises:
            TypeError: Always.
        """
        name = type(self).__name__
        article = "an" if name[0] in "AEIOU" else "a"
        raise TypeError(f"cannot pickle {article} {name}: it can be neither copied nor sent to another process")


class Handle(NotCopied):
    """A public object. It helps with names that it does not have."""

    # Names that people look for here, and what to write instead.
    _elsewhere: ClassVar[Mapping[str, str]] = {}

    # Hidden from type checkers, which would take every name for one that is there.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            """Says what to write instead of a name that is not there."""
            kind = type(self)
            hint = self._elsewhere.get(name) or similar(name, [known for known in dir(kind) if not known.startswith("_")])
            raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}{hint and f': {hint}'}")


def similar(name: str, known: list[str]) -> str:
    """A question for the name that was meant; empty when none is close."""
    found = get_close_matches(name, known, n=1)
    return f"did you mean {found[0]!r}?" if found else ""
