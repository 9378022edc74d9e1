"""A server of bytes: it reads HTTP requests, and leaves to a function what is sent back."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import traceback
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """A request as it arrived; header names are in lower case."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """A reply, framed by its length unless `framed` is off."""

    status: int = 200
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    framed: bool = True

    @classmethod
    def of(cls, document: Any, status: int = 200) -> Reply:
        """A document as JSON."""
        return cls(status, [("content-type", "application/json")], json.dumps(document).encode())

    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)

    def with_body(self, body: bytes) -> Reply:
        """The same with another body."""
        return replace(self, body=body)

    def with_headers(self, *headers: tuple[str, str]) -> Reply:
        """The same with more headers."""
        return replace(self, headers=[*self.headers, *headers])

    def head(self) -> bytes:
        """The status line and the headers."""
        framing = [("content-length", str(len(self.body)))] if self.framed else []
        lines = [f"HTTP/1.1 {self.status} Status", *(f"{name}: {value}" for name, value in [*framing, *self.headers])]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def bytes(self) -> bytes:
        """All of it."""
        return self.head() + self.body


class ConnectionEnds(Exception):  # noqa: N818 - not an error
    """The client has gone, or the server wants to be rid of it."""


class Connection:
    """One client's connection."""

    def __init__(self, server: Server, stream: socket.socket) -> None:
        """Takes over a stream."""
        self.server = server
        self.stream = stream
        self.buffer = b""

    def send(self, data: bytes) -> None:
        """Sends bytes; there is no more to be done when the client has gone."""
        try:
            self.stream.sendall(data)
        except OSError as error:
            raise ConnectionEnds from error

    def send_slowly(self, pieces: Iterable[bytes], pause: float) -> None:
        """Sends pieces with a pause behind each of them."""
        for piece in pieces:
            self.send(piece)
            if self.server.ended.wait(pause):
                raise ConnectionEnds

    def send_without_end(self, piece: bytes) -> None:
        """Sends the same bytes until the client has gone."""
        while not self.server.ended.is_set():
            self.send(piece)
        raise ConnectionEnds

    def hold(self) -> None:
        """Sends nothing until the client has gone."""
        with contextlib.suppress(OSError):
            while self.stream.recv(1 << 16):
                pass
        raise ConnectionEnds

    def end(self) -> None:
        """Closes the connection."""
        raise ConnectionEnds

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            self._read_more()
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _exactly(self, length: int) -> bytes:
        while len(self.buffer) < length:
            self._read_more()
        found, self.buffer = self.buffer[:length], self.buffer[length:]
        return found

    def _read_more(self) -> None:
        try:
            data = self.stream.recv(1 << 16)
        except OSError as error:
            raise ConnectionEnds from error
        if not data:
            raise ConnectionEnds
        self.buffer += data

    def request(self) -> Request:
        """The next request."""
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, version = first.split(" ")
        if version != "HTTP/1.1":
            raise ValueError(f"not a request: {first}")
        pairs = (line.partition(": ") for line in lines)
        headers = [(name.lower(), value) for name, _, value in pairs]
        request = Request(method, target, headers, b"")
        if request.header("transfer-encoding") == "chunked":
            return replace(request, body=self._chunks())
        return replace(request, body=self._exactly(int(request.header("content-length") or 0)))

    def _chunks(self) -> bytes:
        body = b""
        while length := int(self._until(b"\r\n"), 16):
            body += self._exactly(length)
            self._exactly(2)
        self._until(b"\r\n")
        return body


class Server:
    """Accepts connections on loopback and answers each request by `answer`. What a client must not send is in `faults`.

    With `tls` it speaks TLS; with `greet` it does not read requests at all, but does that to each connection.
    """

    def __init__(
        self,
        answer: Callable[[Request, Connection], None],
        tls: ssl.SSLContext | None = None,
        greet: Callable[[Connection], None] | None = None,
    ) -> None:
        """Listens; connections are accepted within a `with` block."""
        self.answer = answer
        self.tls = tls
        self.greet = greet
        self.ended = threading.Event()
        self.faults: list[str] = []
        self._streams: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                stream, _ = self._socket.accept()
            except OSError:
                return
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._streams.append(stream)
            self._start(self._serve, stream)

    def _serve(self, stream: socket.socket) -> None:
        connection = Connection(self, stream)
        try:
            if self.greet:
                self.greet(connection)
                return
            if self.tls:
                stream = connection.stream = self.tls.wrap_socket(stream, server_side=True)
                self._streams.append(stream)
            while True:
                self.answer(connection.request(), connection)
        except (ConnectionEnds, ssl.SSLError, ConnectionError):
            pass
        except Exception:
            if not self.ended.is_set():
                self.faults.append(traceback.format_exc())
        finally:
            stream.close()

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Self:
        """Accepts connections from here on."""
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends all connections."""
        self.ended.set()
        for stream in [self._socket, *self._streams]:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()
        for thread in self._threads:
            thread.join(timeout=5)
