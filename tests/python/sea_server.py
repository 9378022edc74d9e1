"""A server that speaks just enough of the protocol to send a result that a test has made, right or damaged."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    # A statement's text to the Arrow stream of its only chunk.
    Chunks = Callable[[str], bytes]


class SeaServer:
    """Answers each statement with one chunk of `row_count` rows, whose columns are `columns`, a name to a type's text."""

    def __init__(self, chunks: Chunks, columns: Mapping[str, str], row_count: int) -> None:
        self.chunks = chunks
        listed = [
            {"name": name, "type_text": text, "type_name": text.partition("(")[0].partition("<")[0], "position": position}
            for position, (name, text) in enumerate(columns.items())
        ]
        self.manifest = {
            "format": "ARROW_STREAM",
            "schema": {"columns": listed},
            "total_chunk_count": 1,
            "chunks": [{"chunk_index": 0, "row_offset": 0, "row_count": row_count}],
            "total_row_count": row_count,
        }
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)
        url = f"http://127.0.0.1:{self.server.server_port}"
        self.connect_arguments: dict[str, Any] = {
            "host": url,
            "http_path": "/sql/1.0/warehouses/w",
            "auth_type": "pat",
            "access_token": "t",
        }

    def _answer(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        if method != "POST" or path not in ("/api/2.0/sql/sessions", "/api/2.0/sql/statements"):
            return {}
        if path == "/api/2.0/sql/sessions":
            return {"session_id": "s"}
        chunk = base64.b64encode(self.chunks(json.loads(body)["statement"])).decode()
        result = {"chunk_index": 0, "row_count": self.manifest["total_row_count"], "attachment": chunk}
        return {"statement_id": "1", "status": {"state": "SUCCEEDED"}, "manifest": self.manifest, "result": result}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One write a reply: a second one would wait for the acknowledgement of the first.
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                reply = json.dumps(answer(self.command, self.path, body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            do_GET = do_POST  # noqa: N815 - names of the base class
            do_DELETE = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
