"""How connections come to the kernel: by a call of this package's, or by `use_sea=True` where that was installed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from databricks.sql.client import Connection
from databricks.sql.exc import ProgrammingError
from databricks.sql.session import Session as ConnectorSession

from databricks_sql_kernel._handle import NotCopied
from databricks_sql_kernel._locks import Lock
from databricks_sql_kernel.errors import KernelError
from databricks_sql_kernel.profile import Profile

from ._requirements import require_kernel
from .auth_bridge import KernelSignIn, refuse_unusable, with_kernel_sign_in
from .client import KernelDatabricksClient
from .cursor import KernelCursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["connect", "install", "installed", "uninstall"]

_lock = Lock()
# What `install` has replaced: a class of the connector's, a name and what it was; empty while it is not installed.
_originals: list[tuple[type, str, Callable[..., Any]]] = []


def connect(
    server_hostname: str | None = None,
    http_path: str | None = None,
    access_token: str | None = None,
    profile: str | Profile | None = None,
    **arguments: Any,
) -> Connection:
    """Opens a connection of the connector's on this kernel.

    Args:
        server_hostname: The workspace's host name. Without one, a profile says where it is, its warehouse and who signs in:
            of variables of the environment and `~/.databrickscfg`, as databricks-sdk reads them.
        http_path: The warehouse's path.
        access_token: A personal access token.
        profile: The profile's name, or one that was read; by default what the environment and the file say.
        arguments: As in `databricks.sql.connect`. `use_sea` and `use_kernel` have no meaning here, and there is no telemetry,
            whatever `enable_telemetry` says.

    Returns:
        The connector's `Connection`.

    Raises:
        databricks.sql.Error: The credentials clash or were refused, the warehouse was not found or not reached, …
        ImportError: pyarrow or the native library is missing; the text has the command that installs it.
    """
    require_kernel()
    needs_profile = profile is not None or server_hostname is None
    refuse_unusable({"access_token": access_token, "profile": needs_profile, **arguments})
    if needs_profile:
        read = _read(profile, server_hostname, http_path)
        server_hostname, http_path = server_hostname or read.host, http_path or read.http_path
        arguments["credentials_provider"] = KernelSignIn({"profile": read})
    else:
        arguments = with_kernel_sign_in(arguments)
    for name in ("use_sea", "use_kernel", "enable_telemetry", "force_enable_telemetry"):
        arguments.pop(name, None)
    return _KernelConnection(server_hostname, http_path, access_token, enable_telemetry=False, **arguments)


def _read(profile: str | Profile | None, host: str | None, http_path: str | None) -> Profile:
    if isinstance(profile, Profile):
        return profile
    try:
        return Profile(profile, host=host, http_path=http_path)
    except KernelError as error:
        raise ProgrammingError(error.message) from None


def install() -> None:
    """Sends connections that are opened with `databricks.sql.connect(..., use_sea=True)` to this kernel from now on.

    All others are untouched. Calling it again changes nothing.
    """
    with _lock:
        if _originals:
            return
        initialize, create_backend = ConnectorSession.__init__, ConnectorSession._create_backend  # noqa: SLF001
        make_cursor = Connection.cursor

        def routed_initialize(session: Any, *arguments: Any, **options: Any) -> None:
            # Before the connector makes a provider of them, which may open a browser.
            if options.get("use_sea"):
                refuse_unusable(options)
                options = with_kernel_sign_in(options)
            initialize(session, *arguments, **options)

        def routed_create_backend(session: Any, *arguments: Any) -> Any:
            return (_backend if arguments[-1].get("use_sea") else create_backend)(session, *arguments)

        def routed_cursor(connection: Any, *arguments: Any, **options: Any) -> Any:
            return _on_kernel(make_cursor(connection, *arguments, **options))

        for owner, name, routed in (
            (ConnectorSession, "__init__", routed_initialize),
            (ConnectorSession, "_create_backend", routed_create_backend),
            (Connection, "cursor", routed_cursor),
        ):
            _originals.append((owner, name, getattr(owner, name)))
            setattr(owner, name, routed)


def uninstall() -> None:
    """Takes `install` back. Open connections stay as they are. Calling it again changes nothing."""
    with _lock:
        while _originals:
            setattr(*_originals.pop())


@contextmanager
def installed() -> Iterator[None]:
    """`install` for the time of a `with` block; where it was installed before, it stays so."""
    with _lock:
        before = bool(_originals)
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()


class _KernelSession(NotCopied, ConnectorSession):  # type: ignore[misc]
    def _create_backend(self, *arguments: Any) -> KernelDatabricksClient:
        return _backend(self, *arguments)


class _KernelConnection(NotCopied, Connection):  # type: ignore[misc]
    @property
    def open(self) -> bool:
        # Its end asks it too, when it could not be made.
        return "session" in vars(self) and super().open

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        return _on_kernel(super().cursor(*arguments, **options))

    def _open_session_with_reyden_fallback(
        self,
        server_hostname: str,
        http_path: str,
        http_headers: Any,
        session_configuration: Any,
        catalog: str | None,
        schema: str | None,
        native_complex_types: bool | None,
        arguments: dict[str, Any],
    ) -> _KernelSession:
        # Known before it is opened: a connection that fails to open asks its session what it was.
        self.session = _KernelSession(
            server_hostname,
            http_path,
            self.http_client,
            http_headers,
            session_configuration,
            catalog,
            schema,
            native_complex_types,
            **arguments,
        )
        self.session.open()
        return self.session


def _on_kernel(cursor: Any) -> Any:
    """A new cursor, of our class where it is on the kernel: the connector makes it, with the arguments of its version."""
    if isinstance(cursor.backend, KernelDatabricksClient):
        cursor.__class__ = KernelCursor
    return cursor


def _backend(
    session: Any,
    server_hostname: str,
    http_path: str,
    headers: list[tuple[str, str]],
    auth_provider: Any,
    native_complex_types: bool | None,
    arguments: dict[str, Any],
) -> KernelDatabricksClient:
    """What the connector's session makes its backend of."""
    # The connector then asks for no feature flags and sends no telemetry.
    session.use_sea = session.use_kernel = True
    taken = {"server_hostname", "http_path", "auth_provider", "ssl_options", "http_headers", "port"}
    return KernelDatabricksClient(
        server_hostname,
        http_path,
        auth_provider,
        session.ssl_options,
        headers,
        session.port,
        **{
            **{name: value for name, value in arguments.items() if name not in taken},
            "_use_arrow_native_complex_types": native_complex_types,
        },
    )
