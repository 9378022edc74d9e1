"""The file transfers of `PUT`, `GET` and `REMOVE`, with the local files that a connection allows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from databricks.sql.exc import NotSupportedError, ProgrammingError

from databricks_sql_kernel._handle import NotCopied
from databricks_sql_kernel.errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from databricks_sql_kernel.volume import VolumeOperation

__all__ = ["Allowed", "Transfer", "allowed_local_path", "refuse_what_cannot_be_done"]

# `staging_allowed_local_path` as it was given: a path, several, or nothing.
Allowed: TypeAlias = "str | Iterable[str] | None"

VERBS: Final = frozenset({"PUT", "GET", "REMOVE"})

# In place of a local path, in the SQL: what `cursor.execute(..., input_stream=...)` is given.
INPUT_STREAM: Final = "__input_stream__"

NO_PATH_ALLOWED: Final = (
    "PUT and GET touch local files only below the folders that the connection allows: pass staging_allowed_local_path=... (a path "
    "or a list of paths) to connect"
)


def refuse_what_cannot_be_done(sql: str, verb: str, allowed: Allowed, *, async_op: bool) -> None:
    """Refuses a transfer before it is sent, where that is certain already.

    Args:
        sql: The statement.
        verb: Its first word, in upper case.
        allowed: The local files that the connection allows.
        async_op: Whether it would be submitted.

    Raises:
        NotSupportedError: It would be submitted: nobody would carry it out.
        ProgrammingError: It needs a local file, and the connection allows none.
    """
    if verb not in VERBS:
        return
    if async_op:
        raise NotSupportedError(f"{verb} of a file in a volume cannot be submitted, as the client transfers it: use execute")
    streams = verb == "PUT" and INPUT_STREAM in sql
    if verb != "REMOVE" and not streams and not _folders(allowed):
        raise ProgrammingError(NO_PATH_ALLOWED)


class Transfer(NotCopied):
    """A transfer under way, which another thread may cancel."""

    def __init__(self, operation: VolumeOperation, allowed: Allowed, stream: Any) -> None:
        """Checks the local path; nothing is transferred yet.

        Args:
            operation: What the statement wants.
            allowed: The folders below which local files may be touched.
            stream: What `PUT '__input_stream__'` uploads.

        Raises:
            ProgrammingError: The local path is not one that the connection allows, or the stream is missing.
        """
        self._operation = operation
        self._is_cancelled = False
        self._local = None if operation.kind == "REMOVE" else _local_end(operation, allowed, stream)

    def run(self) -> None:
        """Carries it out. A local file that `GET` names is replaced.

        Raises:
            KernelError: It failed, or was cancelled.
        """
        self._operation.run(self._local, overwrite=True, progress=None if self._local is None else self._look)

    def cancel(self) -> None:
        """Breaks it off, from another thread."""
        self._is_cancelled = True

    def _look(self, transferred: int, total: int | None) -> None:
        if self._is_cancelled and transferred != total:
            raise KernelError("the transfer was cancelled", code="Cancelled")


def allowed_local_path(path: str, folders: Iterable[str]) -> Path:
    """The path of a local file, with symbolic links and `..` resolved, if it lies below one of the folders.

    Args:
        path: As the SQL has it; a relative one is below the working directory.
        folders: The folders that are allowed, or single files.

    Raises:
        ProgrammingError: It does not.
    """
    try:
        resolved = Path(path).resolve()
        allowed = [Path(folder).resolve() for folder in folders]
    except (OSError, RuntimeError, ValueError) as error:
        raise ProgrammingError(f"the local path {path!r} cannot be used: {error}") from error
    if not any(resolved == folder or folder in resolved.parents for folder in allowed):
        raise ProgrammingError(f"the local path {path!r} is not below staging_allowed_local_path")
    return resolved


def _local_end(operation: VolumeOperation, allowed: Allowed, stream: Any) -> Any:
    path = operation.local_path
    if operation.kind == "PUT" and path in (None, INPUT_STREAM):
        if stream is None:
            raise ProgrammingError(f"PUT '{INPUT_STREAM}' needs a stream: pass it as cursor.execute(..., input_stream=...)")
        return stream
    if path is None:
        raise ProgrammingError("the server named no local path for the transfer")
    folders = _folders(allowed)
    if not folders:
        raise ProgrammingError(NO_PATH_ALLOWED)
    return allowed_local_path(path, folders)


def _folders(allowed: Allowed) -> list[str]:
    return [folder for folder in ([allowed] if isinstance(allowed, str) else allowed or ()) if folder]
