"""Tokens from the caller's own provider."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from ._arguments import text, wrong_type
from .errors import invalid_argument

if TYPE_CHECKING:
    from . import _native

__all__ = ["Token", "TokenProvider"]

logger = logging.getLogger("databricks.sql.kernel")


@dataclass(frozen=True)
class Token:
    """A token from a provider, and how long it may be used.

    Attributes:
        value: The token itself, without a scheme such as `Bearer`.
        expires_at: When it ends, with its time zone. With an expiry the token is kept until 40 s before it, or
            until a third of its life is left where that is less; without one the provider is asked before every
            request.
        headers: Further headers to send with each request to the server.
    """

    value: str = field(repr=False)
    expires_at: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Checks what was given; no text shows the token."""
        text("the token", self.value)
        expires_at: object = self.expires_at
        if expires_at is not None and not isinstance(expires_at, datetime):
            rule = "a datetime with a time zone, such as datetime.fromtimestamp(seconds, timezone.utc), or None"
            raise wrong_type("expires_at", rule, expires_at)
        if expires_at is not None and expires_at.tzinfo is None:
            raise invalid_argument("the token's expires_at must have a time zone, such as timezone.utc")
        headers: object = self.headers
        if not isinstance(headers, Mapping):
            raise wrong_type("headers", "a mapping from str to str", headers)
        for name, value in headers.items():
            text(f"the header {text('the name of a header', name)}", value)


@runtime_checkable
class TokenProvider(Protocol):
    """An object that answers tokens. A plain function that does the same is just as good."""

    def token(self) -> str | Token:
        """Answers a token that is valid now.

        It is called on a thread of the kernel's, one call at a time, and must not use the session that asks. Whatever it raises
        fails the session's call with `Unauthenticated`.
        """


TokenSource: TypeAlias = Callable[[], "str | Token"] | TokenProvider


def adapted(source: TokenSource) -> _native.TokenProvider:
    """The generated trait over the caller's source. Nothing but a token or a `CallbackError` leaves it: any other way out of a
    callback, such as `SystemExit`, would reach the kernel as an empty answer.
    """  # noqa: D205
    from . import _native

    ask: Callable[[], object] = source.token if isinstance(source, TokenProvider) else source
    if not callable(ask):
        raise TypeError("token_provider must be a function without arguments or an object with a method token()")
    if inspect.iscoroutinefunction(ask):
        raise TypeError("token_provider must be a plain function, not a coroutine function: it is called on a thread of its own")

    class Adapter(_native.TokenProvider):
        def token(self) -> _native.ProvidedToken:
            try:
                return provided(ask())
            except BaseException as error:
                logger.debug("the token provider failed", exc_info=True)
                raise _native.CallbackError.Failed(f"{type(error).__name__}: {error}") from None  # type: ignore[attr-defined]

    return Adapter()


def provided(answer: object) -> _native.ProvidedToken:
    """The kernel's record of what a provider answered.

    Raises:
        TypeError: It is not a token. The text does not show it.
        KernelError: `InvalidArgument`: it is empty.
    """
    from . import _native

    token = Token(answer) if isinstance(answer, str) else answer
    if not isinstance(token, Token):
        raise TypeError(f"the token provider must answer a str or a Token, not {type(answer).__name__}")
    return _native.ProvidedToken(
        token=_native.Secret(token.value),
        expires_at=token.expires_at,
        headers=[_native.HttpHeader(name=name, value=_native.Secret(value)) for name, value in token.headers.items()],
    )
