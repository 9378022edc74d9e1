"""A proxy between a client and the warehouse, which tells a test what passes: tests wait for a request, not for a time."""

from __future__ import annotations

import queue
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


@dataclass(frozen=True)
class Passing:
    """A request as it arrived, before it was answered."""

    method: str
    path: str
    headers: Message
    body: bytes


class Proxy:
    """Forwards to `target` what arrives at `url`; `await_request` gives what arrived, in order."""

    def __init__(self, target: str) -> None:
        self.target = target
        # Tokens that are answered with 401 from now on.
        self.expired: set[str] = set()
        self.arrived: queue.SimpleQueue[Passing] = queue.SimpleQueue()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def await_request(self, method: str, ending: str, limit: float = 30.0) -> Passing:
        """Waits for the next request of this kind and forgets those before it."""
        while True:
            passing = self.arrived.get(timeout=limit)
            if passing.method == method and passing.path.endswith(ending):
                return passing

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.arrived.put(Passing(self.command, self.path, self.headers, body))
                if self.headers.get("Authorization", "").removeprefix("Bearer ") in proxy.expired:
                    return self.answer(401, Message(), b'{"error_code": "401", "message": "the token has expired"}')
                headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
                request = urllib.request.Request(proxy.target + self.path, body or None, headers, method=self.command)  # noqa: S310
                try:
                    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
                        self.answer(reply.status, reply.headers, reply.read())
                except urllib.error.HTTPError as error:
                    with error:
                        self.answer(error.code, error.headers, error.read())
                except OSError:
                    self.close_connection = True

            def answer(self, status: int, headers: Message, body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = forward  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()
