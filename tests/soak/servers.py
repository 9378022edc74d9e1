"""The warehouses of a soak, and what goes wrong with them: faults that are planned, and kills."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

# Each has another way to hand results out: links on a port of their own to many chunks; inline; over TLS.
KINDS: Final[dict[str, dict[str, Any]]] = {
    "links": {"arguments": ["--chunk-rows", "10000", "--inline-bytes", "65536", "--link-port", "0"]},
    "inline": {"arguments": ["--inline-bytes", "26214400"]},
    "tls": {"tls": True, "arguments": ["--chunk-rows", "50000", "--inline-bytes", "65536"]},
}
# What a call meets whose warehouse was killed: nobody answers, or the one that was started in its place does not know it. A file
# of which a part was sent may be there or not.
OF_KILLS: Final = frozenset({"NetworkError", "NotFound", "Unavailable", "InvalidStatementHandle", "Timeout"})


@dataclass(frozen=True)
class Fault:
    """Something that a warehouse can be told to do.

    Attributes:
        name: What happens.
        on: The kinds of requests, one of which is taken.
        do: As `FAULTS.md` says.
        times: How many requests it may hit.
        codes: The codes that calls may end with; none where the kernel must make up for it.
    """

    name: str
    on: tuple[str, ...]
    do: Any
    times: int
    codes: frozenset[str] = frozenset()


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


EACH: Final = ("open_session", "execute", "poll", "chunk", "link", "close", "close_session", "cancel", "upload", "download")
ASKED: Final = ("open_session", "execute", "poll", "chunk", "close", "close_session", "cancel")
OF_CONTRADICTIONS: Final = _codes("DataLoss", "Internal", "NotFound")
# A chunk's attempts are four; a request's, too.
FAULTS: Final = (
    Fault("late answers", EACH, {"delay": {"milliseconds": 400}}, 20),
    Fault("503 once", ("open_session", "execute", "poll", "chunk", "link"), {"status": {"code": 503, "retry_after": "0"}}, 1),
    Fault("503 for long", ASKED, {"status": {"code": 503, "retry_after": "0"}}, 12, _codes("Unavailable")),
    Fault("429 once", ("open_session", "execute", "poll", "chunk", "link"), {"status": {"code": 429, "retry_after": "0"}}, 1),
    Fault("429 for long", ASKED, {"status": {"code": 429, "retry_after": "0"}}, 12, _codes("ResourceExhausted")),
    Fault("401", ASKED, {"status": {"code": 401}}, 2, _codes("Unauthenticated")),
    Fault("403", ASKED, {"status": {"code": 403}}, 2, _codes("PermissionDenied")),
    Fault("500", ASKED, {"status": {"code": 500}}, 2, _codes("Internal", "Unavailable")),
    Fault("a page to log in", ASKED, "login_page", 2, _codes("Unauthenticated", "Internal", "NetworkError", "Unknown")),
    Fault("cut before it was served", ASKED, "cut_before", 3, _codes("NetworkError")),
    Fault("cut after it was served", ASKED, "cut_after", 3, _codes("NetworkError", "NotFound")),
    Fault("a chunk cut", ("link",), "cut_before", 2),
    Fault("a chunk broken off", ("link",), {"truncate": {"at": 1000}}, 2),
    Fault("a chunk too short", ("link",), {"shorten": {"at": 200}}, 2, _codes("DataLoss")),
    Fault("a chunk damaged", ("link",), {"corrupt": {"at": 1}}, 2, _codes("DataLoss")),
    Fault("a chunk stalled", ("link",), {"stall": {"at": 500}}, 1, _codes("Timeout", "NetworkError")),
    Fault("a request that hangs", ASKED, "hang", 1, _codes("Timeout", "NetworkError")),
    Fault("a file broken off", ("download",), {"truncate": {"at": 1000}}, 2),
    Fault("an upload cut", ("upload",), "cut_after", 1, _codes("NetworkError", "InvalidState")),
    Fault("expired links", ("result",), {"result": {"expired_links": {"count": 2}}}, 5),
    Fault("a missing chunk", ("result",), {"result": {"missing_chunk": {"chunk": 1}}}, 3, OF_CONTRADICTIONS),
    Fault("too many rows announced", ("result",), {"result": {"total_rows": {"add": 5}}}, 3, OF_CONTRADICTIONS),
    Fault("too few rows in a chunk", ("result",), {"result": {"chunk_rows": {"chunk": 1, "add": -3}}}, 3, OF_CONTRADICTIONS),
    Fault("links with headers", ("result",), {"result": {"required_headers": {"x-key": "k"}}}, 5),
    Fault("more rows than declared", ("result",), {"result": {"surplus_rows": {"rows": 3}}}, 3),
    Fault("other names", ("result",), {"result": "renamed_columns"}, 3),
    Fault("another query's payload", ("result",), {"result": "foreign_schema"}, 3, _codes("DataLoss")),
    Fault("not compressed", ("result",), {"result": "not_compressed"}, 5),
    Fault("linked blocks", ("result",), {"result": "linked_blocks"}, 5),
    Fault("a frame for each message", ("result",), {"result": "frame_per_message"}, 5),
    Fault("rows of text", ("result",), {"result": "json_rows"}, 5),
    # What its first reply does not hold is gone.
    Fault("closed with the result", ("result",), {"result": "closed"}, 3, _codes("NotFound", "InvalidStatementHandle")),
)  # fmt: skip


@dataclass
class Trouble:
    """Something that went wrong with a warehouse, from when to when on the machine's monotonic clock, and what may come of it."""

    server: str
    name: str
    codes: frozenset[str]
    began: float
    ended: float = float("inf")
    outlives: bool = False

    def excuses(self, error: dict[str, Any]) -> bool:
        """Whether a job that met it may have ended so: a kill is met by every session that was open then, long after."""
        met_since = error["since"] if self.outlives else error["started"]
        return error["code"] in self.codes and self.is_met(error, min(met_since, error["started"]))

    def is_met(self, error: dict[str, Any], since: float) -> bool:
        """Whether it went on while a job did that began then."""
        return error["server"] in ("", self.server) and self.began <= error["ended"] and self.ended >= since


class Servers:
    """The warehouses, started on free ports; a file says where they are."""

    def __init__(self, folder: Path) -> None:
        """Starts them; their volumes lie in the folder, so that files outlive a kill."""
        self._path = folder / "servers.json"
        self._running = {
            name: LocalWarehouse(scale_factor=0.01, volumes=folder / name, **arguments) for name, arguments in KINDS.items()
        }
        self.troubles: list[Trouble] = []
        self._planned: dict[str, Trouble] = {}
        try:
            for warehouse in self._running.values():
                warehouse.start()
        except BaseException:
            self.stop()
            raise
        self._write()

    @property
    def path(self) -> Path:
        """The file that says how each is reached: the arguments of a session, as JSON."""
        return self._path

    def trouble(self, random: Random) -> None:
        """Has something go wrong with one of them; what was planned before for it ends."""
        name = random.choice(list(self._running))
        self._end(name)
        if random.random() < 0.15:
            self._kill(name)
            return
        fault = random.choice(FAULTS)
        trouble = Trouble(name, fault.name, fault.codes, time.monotonic())
        self.troubles.append(trouble)
        self._planned[name] = trouble
        rule = {"on": random.choice(fault.on), "skip": random.randrange(4), "times": fault.times, "do": fault.do}
        self._running[name].plan_faults([rule])

    def calm(self) -> None:
        """Ends every plan."""
        for name in self._running:
            self._end(name)

    def stop(self) -> None:
        """Stops them all."""
        for warehouse in self._running.values():
            warehouse.stop()

    def _end(self, name: str) -> None:
        planned = self._planned.pop(name, None)
        if planned is not None:
            self._running[name].plan_faults([])
            planned.ended = time.monotonic()

    def _kill(self, name: str) -> None:
        warehouse = self._running[name]
        trouble = Trouble(name, "killed and started again", OF_KILLS, time.monotonic(), outlives=True)
        self.troubles.append(trouble)
        os.kill(warehouse.process_id, signal.SIGKILL)
        warehouse.stop()
        warehouse.start()
        self._write()
        trouble.ended = time.monotonic()

    def _write(self) -> None:
        """In one step: a reader sees the old file or the new one."""
        arguments = {name: warehouse.connect_arguments() for name, warehouse in self._running.items()}
        for given in arguments.values():
            if "tls_ca_cert" in given:
                given["tls_ca_cert"] = given["tls_ca_cert"].decode()
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(arguments), encoding="utf-8")
        draft.replace(self._path)
