"""The kernel's errors as those of PEP 249."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from databricks.sql import exc

from databricks_sql_kernel.errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CLASS_OF", "FIELDS", "mapped_errors", "pep249_error"]

# The class of each code, and the only place that says so.
CLASS_OF: Final[dict[str, type[exc.Error]]] = {
    "InvalidArgument": exc.ProgrammingError,
    "Unauthenticated": exc.OperationalError,
    "PermissionDenied": exc.OperationalError,
    "NotFound": exc.ProgrammingError,
    "ResourceExhausted": exc.OperationalError,
    "Unavailable": exc.OperationalError,
    "Timeout": exc.OperationalError,
    "Cancelled": exc.OperationalError,
    "DataLoss": exc.DatabaseError,
    "Internal": exc.DatabaseError,
    "InvalidState": exc.ProgrammingError,
    "InvalidStatementHandle": exc.ProgrammingError,
    "NetworkError": exc.OperationalError,
    "SqlError": exc.ServerOperationError,
    "Unknown": exc.DatabaseError,
}

# What a mapped error has of the kernel's, under the same names.
FIELDS: Final = (
    "code",
    "sql_state",
    "error_code",
    "vendor_code",
    "http_status",
    "retryable",
    "query_id",
    "display_message",
    "diagnostic_info",
    "error_details_json",
)


def pep249_error(action: str, error: BaseException) -> exc.Error:
    """The PEP 249 form of an error.

    Args:
        action: What was being done, such as `execute`; for errors that say nothing themselves.
        error: What was raised. One of PEP 249 is answered as it is.

    Returns:
        The error to raise `from error`. One of the kernel's becomes the class of its code, with the kernel's fields as
        attributes; an argument of a wrong type is a `ProgrammingError`; anything else is an `OperationalError`.
    """
    if isinstance(error, exc.Error):
        return error
    if isinstance(error, TypeError):
        return exc.ProgrammingError(f"{action} failed: {error}")
    if not isinstance(error, KernelError):
        return exc.OperationalError(f"{action} failed: {type(error).__name__}: {error}")
    kind = CLASS_OF.get(error.code, exc.DatabaseError)
    context = {"operation-id": error.query_id, "diagnostic-info": error.diagnostic_info} if error.code == "SqlError" else None
    mapped = kind(error.message, context)
    for name in FIELDS:
        setattr(mapped, name, getattr(error, name))
    return mapped


@contextmanager
def mapped_errors(action: str) -> Iterator[None]:
    """Lets nothing out of its block but errors of PEP 249, and what is no `Exception`, such as `KeyboardInterrupt`."""
    try:
        yield
    except exc.Error:
        raise
    except Exception as error:
        raise pep249_error(action, error) from error
