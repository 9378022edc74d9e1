"""Wrong answers, in the words of the cases: each function makes a reaction to a request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from server import Reply

if TYPE_CHECKING:
    from protocol import Exchange

Reaction = Callable[["Exchange"], None]


def sends(reply: Reply | bytes) -> Reaction:
    """This, and the connection stays."""
    return lambda exchange: exchange.send(reply)


def cuts(reply: Reply | bytes) -> Reaction:
    """This, and the connection ends."""

    def react(exchange: Exchange) -> None:
        exchange.send(reply)
        exchange.connection.end()

    return react


def stalls(reply: Reply | bytes) -> Reaction:
    """This, and nothing more on a connection that stays."""

    def react(exchange: Exchange) -> None:
        exchange.send(reply)
        exchange.connection.hold()

    return react


def floods(reply: Reply | bytes, piece: bytes) -> Reaction:
    """This, and the same piece without end."""

    def react(exchange: Exchange) -> None:
        exchange.send(reply)
        exchange.connection.send_without_end(piece)

    return react


def drips(reply: bytes, piece: bytes, pause: float, count: int) -> Reaction:
    """This, and so many pieces with a pause behind each; then the connection ends."""

    def react(exchange: Exchange) -> None:
        exchange.send(reply)
        exchange.connection.send_slowly([piece] * count, pause)
        exchange.connection.end()

    return react


def turns(change: Callable[[Exchange], Reply | bytes]) -> Reaction:
    """What `change` makes of the right reply."""
    return lambda exchange: exchange.send(change(exchange))


def framed(head: str, *, cut: bool = False, tail: bytes = b"") -> Reaction:
    """The right reply's body under another head, in which `{length}` is its length."""

    def react(exchange: Exchange) -> None:
        body = exchange.right.body
        lines = head.format(length=len(body), less=len(body) - 1, more=len(body) + 1).replace("\n", "\r\n")
        exchange.send(lines.encode("latin-1") + b"\r\n\r\n" + body + tail)
        if cut:
            exchange.connection.end()

    return react


def with_headers(*headers: tuple[str, str]) -> Reaction:
    """The right reply with more headers."""
    return turns(lambda exchange: exchange.right.with_headers(*headers))


def body(change: Callable[[bytes], bytes]) -> Reaction:
    """The right reply with its body changed."""
    return turns(lambda exchange: exchange.right.with_body(change(exchange.right.body)))


def document(change: Callable[[Any], Any]) -> Reaction:
    """The right reply with its JSON changed in place, or replaced by what `change` returns."""

    def changed(exchange: Exchange) -> Reply:
        before = exchange.right.json()
        after = change(before)
        return Reply.of(before if after is None else after)

    return turns(changed)


def sets(*changes: tuple[str, Any], without: Sequence[str] = ()) -> Reaction:
    """The right reply with values set in its JSON, by paths such as `manifest.chunks.0.row_count`, and others taken out before."""

    def change(root: Any) -> None:
        for path in without:
            at, last = _place(root, path)
            del at[last]
        for path, value in changes:
            at, last = _place(root, path)
            at[last] = copy.deepcopy(value)

    return document(change)


def drops(*paths: str) -> Reaction:
    """The right reply with keys taken out of its JSON."""
    return sets(without=paths)


def _place(root: Any, path: str) -> tuple[Any, Any]:
    """What has the last part of a path, and that part."""
    keys = [int(part) if part.isdigit() else part for part in path.split(".")]
    for key in keys[:-1]:
        root = root[key]
    return root, keys[-1]


def text(old: str, new: str) -> Reaction:
    """The right reply with its JSON's text changed at the one place where it has `old`."""

    def change(before: bytes) -> bytes:
        if before.count(old.encode()) != 1:
            raise ValueError(f"{old!r} is in {before!r} {before.count(old.encode())} times")
        return before.replace(old.encode(), new.encode())

    return body(change)


def of_chunk(index: int, reaction: Reaction) -> Reaction:
    """This for one chunk; the others are right."""
    return lambda exchange: reaction(exchange) if exchange.index == index else exchange.send(exchange.right)


def first(count: int, reaction: Reaction, then: Reaction | None = None) -> Reaction:
    """This for the first requests of the kind; after them `then`, or what is right."""

    def react(exchange: Exchange) -> None:
        if exchange.count < count:
            reaction(exchange)
        elif then:
            then(exchange)
        else:
            exchange.send(exchange.right)

    return react
