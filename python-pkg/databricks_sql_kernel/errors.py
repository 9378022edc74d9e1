"""The one exception of the kernel. It imports nothing native, so that it can be raised, pickled and tested anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KernelError"]


class KernelError(Exception):
    """Why a call failed.

    `str()` gives the message, then what is known beside it. The exception can be pickled and copied.

    Attributes:
        code: What kind of failure it is, and so what can be done about it: `InvalidArgument`, `Unauthenticated`,
            `PermissionDenied`, `NotFound`, `ResourceExhausted`, `Unavailable`, `Timeout`, `Cancelled`, `DataLoss`, `Internal`,
            `InvalidStatementHandle` (it was closed), `InvalidState`, `NetworkError`, `SqlError` (the server ran the statement
            and it failed) or `Unknown`.
        message: The message for people, in the server's own words where it has spoken. Tokens and presigned URLs are removed.
        sql_state: The five-character SQLSTATE.
        error_code: The server's code, as text.
        vendor_code: A numeric code of the server's.
        http_status: The HTTP status of the reply that failed.
        retryable: Whether the same call may succeed later.
        query_id: The server's id of the statement.
        display_message: A shorter message of the server's, where it gives one beside the message.
        diagnostic_info: The chain of causes.
        error_details_json: The details of the server's reply, as JSON.

    What is not known is `None`.
    """

    code: str
    message: str
    sql_state: str | None
    error_code: str | None
    vendor_code: int | None
    http_status: int | None
    retryable: bool
    query_id: str | None
    display_message: str | None
    diagnostic_info: str | None
    error_details_json: str | None

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "Unknown",
        sql_state: str | None = None,
        error_code: str | None = None,
        vendor_code: int | None = None,
        http_status: int | None = None,
        retryable: bool = False,
        query_id: str | None = None,
        display_message: str | None = None,
        diagnostic_info: str | None = None,
        error_details_json: str | None = None,
    ) -> None:
        """Keeps what is known; the arguments are the attributes."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.sql_state = sql_state
        self.error_code = error_code
        self.vendor_code = vendor_code
        self.http_status = http_status
        self.retryable = retryable
        self.query_id = query_id
        self.display_message = display_message
        self.diagnostic_info = diagnostic_info
        self.error_details_json = error_details_json

    def __str__(self) -> str:
        """The message, then the code and what identifies the failure."""
        facts = [self.code]
        if self.sql_state is not None:
            facts.append(f"SQLSTATE {self.sql_state}")
        if self.http_status is not None:
            facts.append(f"HTTP {self.http_status}")
        if self.query_id is not None:
            facts.append(f"query {self.query_id}")
        return f"{self.message} [{', '.join(facts)}]"

    def __repr__(self) -> str:
        """The code and the message."""
        return f"KernelError(code={self.code!r}, message={self.message!r})"


# Tracebacks and pickles name it where users import it from.
KernelError.__module__ = "databricks_sql_kernel"

_GENERATED: Final = "databricks_sql_kernel._native."


def from_native(error: BaseException) -> KernelError | None:
    """The public form of an error that the generated module raised; `None` for every other exception."""
    kind = type(error)
    if not kind.__module__.startswith(_GENERATED):
        return None
    if kind.__name__ == "InternalError":
        return KernelError(f"the kernel broke a rule of its own, please report it: {error}", code="Internal")
    fields: Mapping[str, object] = vars(error)
    if "details" not in fields:
        return None
    return from_fields(kind.__name__, fields)


def from_fields(code: str, fields: Mapping[str, object]) -> KernelError:
    """The error of a variant's name and fields. In the declaration, `message` is called `details`."""
    public = KernelError(str(fields["details"]), code=code)
    for name, value in fields.items():
        if name != "details":
            setattr(public, name, value)
    return public


def invalid_argument(message: str) -> KernelError:
    """The error for an argument that is not usable; nothing was sent."""
    return KernelError(message, code="InvalidArgument")


def closed(what: str) -> KernelError:
    """The error for a call on an object after its `close()`."""
    return KernelError(f"the {what} was closed", code="InvalidStatementHandle")
