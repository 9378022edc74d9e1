"""Profiles: who signs in where, as databricks-sdk reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._arguments import any_text, function, optional_text, wrong_type
from ._browser import browser
from ._commands import runner
from ._handle import Handle
from ._library import call, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import _native

__all__ = ["Profile", "ProfileValue"]


@dataclass(frozen=True)
class ProfileValue:
    """A value of a profile, and where it came from.

    Attributes:
        name: The field's name, as in the file.
        value: The value; `***` for a secret.
        source: Where it came from, such as `the variable DATABRICKS_HOST` or `[dev] in ~/.databrickscfg`.
    """

    name: str
    value: str
    source: str


class Profile(Handle):
    """Who signs in where, and to which warehouse: of arguments, variables of the environment and `~/.databrickscfg`.

    Fields, their order of precedence and the choice of a way to sign in are databricks-sdk's; `docs/profiles.md` lists them.
    Nothing is asked of a server.
    """

    def __init__(self, name: str | None = None, **fields: str | os.PathLike[str] | None) -> None:
        """Reads it.

        Args:
            name: The profile's name; by default what `DATABRICKS_CONFIG_PROFILE` says, or the file, or `DEFAULT`.
            fields: Values that go before all others, by the fields' names, such as `host`, `warehouse_id` or `auth_type`; `None` is
                as if left out.

        Raises:
            KernelError: `InvalidArgument`, naming the file, the profile and the field: what cannot be read, what contradicts
                itself, and a way to sign in that the kernel does not have.
        """
        load()
        from . import _native

        given = {field: _value(field, value) for field, value in fields.items() if value is not None}
        self._profile = call(_native.Profile.read, optional_text("name", name), given)

    @property
    def host(self) -> str:
        """The workspace's address, with `https://`."""
        return self._profile.host()

    @property
    def http_path(self) -> str:
        """The warehouse's path.

        Raises:
            KernelError: `InvalidArgument`: neither `http_path` nor `warehouse_id` is set.
        """
        return call(self._profile.http_path)

    @property
    def auth_type(self) -> str:
        """How it signs in, by databricks-sdk's name for it."""
        return self._profile.auth_type()

    @property
    def values(self) -> list[ProfileValue]:
        """All values that are set, and where each came from."""
        return [ProfileValue(value.name, value.value, value.source) for value in self._profile.values()]

    def _credentials(self, on_authorization_url: Callable[[str], object] | None) -> _native.Credentials:
        function("on_authorization_url", on_authorization_url)
        return call(self._profile.credentials, runner(), browser(on_authorization_url))

    def __repr__(self) -> str:
        """Where and how it signs in; nothing secret."""
        return f"<Profile {self.auth_type} at {self.host}>"


def _value(field: str, value: object) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise wrong_type(field, "a str", value)
    return any_text(field, os.fspath(value))
