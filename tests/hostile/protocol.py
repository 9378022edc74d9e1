"""A warehouse and a store that answer rightly, in which a case changes one thing.

Source: the SQL Statement Execution API, <https://docs.databricks.com/api/workspace/statementexecution>.
"""

from __future__ import annotations

import base64
import re
import sys
import threading
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streams
from server import Connection, Reply, Request, Server

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance" / "python"))
from canonical import values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOKEN = "dapi0123456789abcdef0123456789abcdef"
SIGNATURE = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
CLIENT_ID, CLIENT_SECRET = "service-principal", "dose0123456789abcdef0123456789abcdef"
SECRETS = (TOKEN, SIGNATURE, CLIENT_SECRET)
# The grant and the documents that lead to it: what is sent there has no token.
SIGN_IN = {
    "/.well-known/databricks-config": "config",
    "/oidc/.well-known/oauth-authorization-server": "discovery",
    "/oidc/v1/token": "token",
}

# What the servers are called behind a proxy.
API_BEHIND, STORE_BEHIND = "http://warehouse.example", "http://store.example"

WRONG = "SELECT 'wrong'"
RIGHT = "SELECT 'right'"
FILE = "/Volumes/main/default/v/file"
FILE_CONTENT = bytes(range(256)) * 64


@dataclass(frozen=True)
class Result:
    """What a statement answers: its columns as names and types' texts, and a table for each chunk."""

    columns: list[tuple[str, str]]
    chunks: list[pa.Table]
    _made: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def stream(self, index: int) -> bytes:
        """The Arrow stream of a chunk."""
        if ("stream", index) not in self._made:
            self._made["stream", index] = streams.ipc(self.chunks[index])
        return self._made["stream", index]

    def body(self, index: int) -> bytes:
        """What the store has of a chunk."""
        if ("body", index) not in self._made:
            self._made["body", index] = streams.compressed(self.stream(index))
        return self._made["body", index]

    @property
    def rows(self) -> list[Any]:
        """The rows in their canonical text."""
        rows = []
        for batch in (batch for chunk in self.chunks for batch in chunk.to_batches()):
            rows.extend([list(row) for row in zip(*map(values, batch.columns), strict=True)])
        return rows

    def manifest(self) -> dict[str, Any]:
        """The manifest."""
        listed = [
            {"name": name, "type_text": text, "type_name": re.split(r"[(<]", text)[0].replace("BIGINT", "LONG"), "position": at}
            for at, (name, text) in enumerate(self.columns)
        ]
        chunks: list[dict[str, int]] = []
        for index, chunk in enumerate(self.chunks):
            offset = sum(table.num_rows for table in self.chunks[:index])
            size = len(self.stream(index))
            chunks.append({"chunk_index": index, "row_offset": offset, "row_count": chunk.num_rows, "byte_count": size})
        return {
            "format": "ARROW_STREAM",
            "schema": {"column_count": len(listed), "columns": listed},
            "total_chunk_count": len(chunks),
            "chunks": chunks,
            "total_row_count": sum(chunk["row_count"] for chunk in chunks),
            "total_byte_count": sum(chunk["byte_count"] for chunk in chunks),
            "truncated": False,
            "result_compression": "LZ4_FRAME",
        }


def numbers(first: int, count: int) -> pa.Table:
    """Numbers and their names."""
    column = range(first, first + count)
    return pa.table({"n": pa.array(column, pa.int64()), "t": pa.array([f"number {n}" for n in column], pa.string())})


NUMBERS = Result([("n", "BIGINT"), ("t", "STRING")], [numbers(0, 4), numbers(4, 5), numbers(9, 3)])
ONE_CHUNK = Result(NUMBERS.columns, [numbers(0, 12)])
TABLES = Result(
    [(name, "STRING") for name in ("namespace", "tableName", "isTemporary", "information", "catalogName", "tableType", "remarks")],
    [
        pa.table(
            {
                "namespace": ["default"],
                "tableName": ["t"],
                "isTemporary": ["false"],
                "information": [""],
                "catalogName": ["main"],
                "tableType": ["TABLE"],
                "remarks": [""],
            }
        )
    ],
)


def stored(content: bytes, request: Request) -> Reply:
    """What a store answers that has `content`: the whole, or the part that is asked for."""
    headers = [("content-type", "binary/octet-stream"), ("etag", f'"{zlib.crc32(content):08x}"'), ("accept-ranges", "bytes")]
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("range") or "")
    if not asked:
        return Reply(200, headers, content)
    start, end = int(asked[1]), min(int(asked[2] or len(content) - 1) + 1, len(content))
    if start >= len(content):
        return Reply(416, [*headers, ("content-range", f"bytes */{len(content)}")])
    return Reply(206, [*headers, ("content-range", f"bytes {start}-{end - 1}/{len(content)}")], content[start:end])


@dataclass
class Exchange:
    """One request of the statement, session or file that a case is about, and what would be the right reply to it."""

    world: World
    kind: str
    request: Request
    connection: Connection
    right: Reply
    # Which request of its kind it is, from 0, and which chunk it asks for.
    count: int
    index: int

    def send(self, reply: Reply | bytes) -> None:
        """Sends it."""
        self.connection.send(reply if isinstance(reply, bytes) else reply.bytes())

    @property
    def chunk(self) -> bytes:
        """The Arrow stream of the chunk that is asked for."""
        return self.world.result.stream(self.index)

    def stored(self, content: bytes) -> Reply:
        """The right reply of a store that has this."""
        return stored(content, self.request)


@dataclass
class World:
    """The right answers to everything, and instead of some of them the wrong ones of a case.

    `shape` is how a result comes: `links` (some with the reply, the rest by chunk calls), `attached`, or `polled` (links, after
    a while).
    """

    result: Result
    shape: str
    wrong: Mapping[str, Callable[[Exchange], None]]
    # Whether the server is a proxy, behind which both have names.
    is_proxy: bool = False
    api: Server | None = None
    store: Server | None = None
    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request, connection: Connection) -> None:
        """Answers a request to the server or the store."""
        is_store = connection.server is self.store or request.target.startswith(STORE_BEHIND)
        self._check(request, connection, is_store=is_store)
        kind, subject, index = self._what(request, is_store=is_store)
        with self.lock:
            count = self.counts[kind, subject, index]
            self.counts[kind, subject, index] += 1
        is_sign_in = kind in SIGN_IN.values()
        right = self._sign_in(kind) if is_sign_in else self._right(kind, subject, index, count, request)
        reaction = self.wrong.get(kind) if subject == "wrong" else None
        if reaction is None:
            connection.send(right.bytes())
        else:
            reaction(Exchange(self, kind, request, connection, right, count, index))

    @staticmethod
    def _check(request: Request, connection: Connection, *, is_store: bool) -> None:
        """What no client may send."""
        names = {name for name, _ in request.headers}
        faults = connection.server.faults
        if "cookie" in names:
            faults.append(f"a cookie was sent to {request.target[:80]}")
        if is_store:
            leaked = {name for name in names if name == "authorization" or name.startswith("x-databricks")}
            faults.extend(f"{name} was sent to the store" for name in leaked)
            if TOKEN in request.target + str(request.headers):
                faults.append("the token was sent to the store")
        elif kind := SIGN_IN.get(request.target):
            pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if request.header("authorization") != (f"Basic {pair}" if kind == "token" else None):
                faults.append(f"a request to {request.target} with other credentials than its own")
        elif request.header("authorization") != f"Bearer {TOKEN}" and not request.target.endswith("/elsewhere"):
            faults.append(f"a request to {request.target[:80]} without the token")

    def _what(self, request: Request, *, is_store: bool) -> tuple[str, str, int]:
        path = re.sub(r"^https?://[^/]*", "", request.target).split("?")[0]
        if is_store:
            if found := re.fullmatch(r"/r/(wrong|right)/(\d+)", path):
                return "link", found[1], int(found[2])
            return ({"PUT": "put", "GET": "get", "DELETE": "remove"}[request.method] if path == "/f" else "elsewhere"), "wrong", 0
        if path in SIGN_IN:
            return SIGN_IN[path], "wrong", 0
        path = path.removeprefix("/api/2.0/")
        if path == "sql/statements":
            return "execute", "right" if request.json()["statement"] == RIGHT else "wrong", 0
        if found := re.fullmatch(r"sql/statements/(wrong|right)(/cancel|/result/chunks/(\d+))?", path):
            if found[3]:
                return "chunk", found[1], int(found[3])
            return {"POST": "cancel", "GET": "poll", "DELETE": "close"}[request.method], found[1], 0
        if path.startswith("fs/"):
            return path.removeprefix("fs/").removeprefix("create-").replace("-", "_"), "wrong", 0
        if path == "sql/sessions":
            return "session", "wrong", 0
        return "delete_session" if path.startswith("sql/sessions/") else "elsewhere", "wrong", 0

    def _right(self, kind: str, subject: str, index: int, count: int, request: Request) -> Reply:
        match kind:
            case "session":
                return Reply.of({"session_id": "01f0-session"})
            case "delete_session" | "cancel" | "close":
                return Reply.of({})
            case "execute" if self.shape == "polled":
                return Reply.of({"statement_id": subject, "status": {"state": "PENDING"}})
            case "poll" if self.shape == "polled" and count == 0:
                return Reply.of({"statement_id": subject, "status": {"state": "RUNNING"}})
            case "execute" | "poll":
                return Reply.of(self.succeeded(subject))
            case "chunk" if index < len(self.of(subject).chunks):
                return Reply.of({"external_links": [self.link(subject, index)]})
            case "link":
                return stored(self.chunk(subject, index), request)
            case "get":
                return stored(FILE_CONTENT, request)
            case "put" | "remove":
                return Reply()
            case "upload_url" | "download_url" | "delete_url":
                return Reply.of({"url": f"{self.place('store')}/f?X-Sig={SIGNATURE}"})
            case "list":
                return Reply.of({"files": [{"path": FILE, "name": "file", "is_dir": False, "file_size": len(FILE_CONTENT)}]})
            case _:
                return Reply.of({"error_code": "NOT_FOUND", "message": "there is nothing here"}, 404)

    def _sign_in(self, kind: str) -> Reply:
        issuer = f"{self.place('api')}/oidc"
        endpoints = {"token_endpoint": f"{issuer}/v1/token", "authorization_endpoint": f"{issuer}/v1/authorize"}
        token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": "all-apis"}
        return Reply.of({"config": {"oidc_endpoint": issuer, "account_id": "a"}, "discovery": endpoints, "token": token}[kind])

    def of(self, subject: str) -> Result:
        """The result of a statement: that of the right one is always the same."""
        return NUMBERS if subject == "right" else self.result

    def chunk(self, subject: str, index: int) -> bytes:
        """What the store has of a chunk."""
        return self.of(subject).body(index)

    def succeeded(self, subject: str) -> dict[str, Any]:
        """The reply of a statement that has ended."""
        result = self.of(subject)
        answer: dict[str, Any] = {"statement_id": subject, "status": {"state": "SUCCEEDED"}, "manifest": result.manifest()}
        if self.shape == "attached" and subject == "wrong":
            body = self.chunk(subject, 0)
            rows = result.chunks[0].num_rows
            attached = {"chunk_index": 0, "row_offset": 0, "row_count": rows, "byte_count": len(body)}
            return {**answer, "result": {**attached, "attachment": base64.b64encode(body).decode()}}
        return {**answer, "result": {"external_links": [self.link(subject, index) for index in range(len(result.chunks))[:2]]}}

    def link(self, subject: str, index: int) -> dict[str, Any]:
        """A link to a chunk, which names the next one."""
        result = self.of(subject)
        link = {
            **{key: value for key, value in result.manifest()["chunks"][index].items() if key != "byte_count"},
            "byte_count": len(self.chunk(subject, index)),
            "external_link": f"{self.place('store')}/r/{subject}/{index}?X-Sig={SIGNATURE}",
            "expiration": "2099-01-01T00:00:00.000Z",
        }
        if index + 1 < len(result.chunks):
            following = f"/api/2.0/sql/statements/{subject}/result/chunks/{index + 1}"
            link |= {"next_chunk_index": index + 1, "next_chunk_internal_link": following}
        return link

    def place(self, which: str) -> str:
        """The URL of the `store` or the `api`, as links name it."""
        if self.is_proxy:
            return STORE_BEHIND if which == "store" else API_BEHIND
        server = self.store if which == "store" else self.api
        if server is None:
            raise ValueError("the servers are not there yet")
        return server.url
