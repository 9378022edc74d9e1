"""The local warehouse's process: started on a free port, stopped for sure."""

from __future__ import annotations

import json
import os
import queue
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from databricks_sql_kernel._closing import leave
from databricks_sql_kernel._handle import Handle, NotCopied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["LocalWarehouse", "LocalWarehouseError"]

PROGRAM: Final = "local-warehouse"
VARIABLE: Final = "LOCAL_WAREHOUSE_BIN"
READY: Final = "listening on "
CERTIFICATE: Final = "ca certificate "
STOP_LIMIT: Final = 10.0


class LocalWarehouseError(RuntimeError):
    """The local warehouse was not found or did not start; the text says why and what to do."""


class LocalWarehouse(Handle):
    """A local SQL warehouse: a real SQL engine behind the protocol of Databricks SQL, on a free port of this machine.

    It has the catalogs `main`, `samples` (with the TPC-H tables in `samples.tpch`) and `system`. Use it in a `with` block, which
    starts and stops it. Tables live in memory and end with it.
    """

    def __init__(
        self,
        *,
        binary: str | os.PathLike[str] | None = None,
        token: str | None = None,
        tls: bool = False,
        data: str | os.PathLike[str] | None = None,
        scale_factor: float | None = None,
        volumes: str | os.PathLike[str] | None = None,
        faults: str | os.PathLike[str] | None = None,
        service_principals: Mapping[str, str] | None = None,
        token_life_secs: int | None = None,
        arguments: Sequence[str] = (),
        start_limit: float = 60.0,
    ) -> None:
        """Takes note of how it is to be started; nothing is started yet.

        Args:
            binary: The program `local-warehouse`; by default the one that `LOCAL_WAREHOUSE_BIN` names, or else on `PATH`.
            token: The token that clients must send; by default a random one.
            tls: Serves HTTPS with a certificate that is made for this run.
            data: A folder whose Parquet, CSV and JSON files become tables.
            scale_factor: The size of the TPC-H tables; 0.1 by default, about 600,000 line items.
            volumes: The folder that volumes lie in, as `CATALOG/SCHEMA/VOLUME`; by default a temporary one that ends with it.
            faults: A file with a plan of faults.
            service_principals: Who may sign in by OAuth, each client id with its secret. All users of the machine can read them on
                the program's command line: secrets for this alone.
            token_life_secs: How long a token of theirs is good; an hour by default.
            arguments: Further arguments of the program's.
            start_limit: How long to wait until it is ready, in seconds.
        """
        self.token = token or f"local-{secrets.token_hex(16)}"
        self.http_path = "/sql/1.0/warehouses/local"
        self._binary = binary
        self._arguments = [
            *(["--tls"] if tls else []),
            *(["--data", os.fspath(data)] if data is not None else []),
            *(["--scale-factor", str(scale_factor)] if scale_factor is not None else []),
            *(["--volumes", os.fspath(volumes)] if volumes is not None else []),
            *(["--faults", os.fspath(faults)] if faults is not None else []),
            *(["--oauth"] if service_principals is not None else []),
            *(word for pair in (service_principals or {}).items() for word in ("--oauth-client", ":".join(pair))),
            *(["--token-life", str(token_life_secs)] if token_life_secs is not None else []),
            *arguments,
        ]
        self._start_limit = start_limit
        self._process: _Process | None = None

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:40123`."""
        return self._running.url

    @property
    def process_id(self) -> int:
        """The id of its process."""
        return self._running.process.pid

    @property
    def ca_file(self) -> Path | None:
        """The certificate of its authority, PEM; `None` without TLS."""
        return self._running.ca_file

    def connect_arguments(self) -> dict[str, Any]:
        """The arguments of `databricks_sql_kernel.Session` for it."""
        certificate = {"tls_ca_cert": self.ca_file.read_bytes()} if self.ca_file else {}
        return {"host": self.url, "http_path": self.http_path, "access_token": self.token, **certificate}

    def connector_arguments(self) -> dict[str, Any]:
        """The arguments of `databricks.sql.connect` for it, through this kernel."""
        certificate = {"_tls_trusted_ca_file": str(self.ca_file)} if self.ca_file else {}
        return {
            "server_hostname": self.url,
            "http_path": self.http_path,
            "access_token": self.token,
            "use_kernel": True,
            "enable_telemetry": False,
            **certificate,
        }

    def plan_faults(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Sets what goes wrong from now on, in place of an earlier plan, and counts requests from zero.

        Args:
            rules: For example `[{"on": "execute", "do": {"delay": {"milliseconds": 500}}}]`; an empty list ends the plan.

        Raises:
            LocalWarehouseError: The plan does not parse.
        """
        self._ask_faults("POST", json.dumps(list(rules)).encode())

    def faults_report(self) -> dict[str, Any]:
        """What is left of the plan (`rules`), and since it was set the `requests` by kind and the statements run (`executions`)."""
        return self._ask_faults("GET", None)

    def start(self) -> Self:
        """Starts it and waits until it is ready. Does nothing when it runs.

        Raises:
            LocalWarehouseError: It was not found, ended at once, or was not ready in time.
        """
        if self._process is None:
            # The token goes by the environment: every user of the machine can read a program's arguments.
            environment = {**os.environ, "LOCAL_WAREHOUSE_TOKEN": self.token}
            self._process = _Process([self._program(), "--port", "0", *self._arguments], environment, self._start_limit)
        return self

    def stop(self) -> None:
        """Stops it; by force if it does not end within 10 s. Does nothing when it does not run."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()

    def _ask_faults(self, method: str, body: bytes | None) -> dict[str, Any]:
        import ssl
        import urllib.error
        import urllib.request

        request = urllib.request.Request(f"{self.url}/_faults", body, {"Authorization": f"Bearer {self.token}"}, method=method)  # noqa: S310
        trust = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
        try:
            with opener.open(request, timeout=STOP_LIMIT) as reply:
                answer: dict[str, Any] = json.load(reply)
        except urllib.error.HTTPError as error:
            raise LocalWarehouseError(f"the plan of faults was refused: {error.read().decode(errors='replace')}") from None
        return answer

    def _program(self) -> str:
        given = self._binary or os.environ.get(VARIABLE)
        found = shutil.which(os.fspath(given) if given else PROGRAM)
        if found is not None:
            return found
        where = (
            f"{given} is not a program that can be run"
            if given
            else f"the program {PROGRAM} is not on PATH, and {VARIABLE} does not name it"
        )
        raise LocalWarehouseError(
            f"{where}. Build it in a clone of databricks-sql-kernel with `make warehouse` (or `cargo build -p local-warehouse`), "
            f"which leaves it in the target folder as debug/{PROGRAM}, and name that file in {VARIABLE} or in binary=..."
        )

    @property
    def _running(self) -> _Process:
        if self._process is None:
            raise LocalWarehouseError("the local warehouse does not run: use it in a `with` block, or call start()")
        return self._process

    def __enter__(self) -> Self:
        """Starts it."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stops it."""
        leave(self.stop, error)


class _Process(NotCopied):
    """A running warehouse. It is stopped at the latest when this object goes away or the interpreter ends."""

    def __init__(self, command: list[str], environment: dict[str, str], limit: float) -> None:
        # Not piped: what it says later must neither be lost nor block it.
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self.process = subprocess.Popen(  # noqa: S603
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                text=True,
            )
        except OSError as error:
            self.errors.close()
            raise LocalWarehouseError(f"the local warehouse could not be started: {error}") from error
        self.url = ""
        self.ca_file: Path | None = None
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        reader = threading.Thread(target=_read_lines, args=(self.process.stdout, self.lines), daemon=True)
        reader.start()
        self.stop = weakref.finalize(self, _stop, self.process, reader, self.errors)
        try:
            self._await_ready(limit)
        except BaseException:
            self.stop()
            raise

    def _await_ready(self, limit: float) -> None:
        deadline = time.monotonic() + limit
        while not self.url:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise LocalWarehouseError(f"the local warehouse was not ready within {limit:g} s{self._said()}") from None
            if line is None:
                status = self.process.wait(STOP_LIMIT)
                raise LocalWarehouseError(f"the local warehouse ended with status {status} before it was ready{self._said()}")
            if line.startswith(CERTIFICATE):
                self.ca_file = Path(line.removeprefix(CERTIFICATE))
            elif line.startswith(READY):
                self.url = line.removeprefix(READY)

    def _said(self) -> str:
        # Not seek and read: the process writes at the same position of the same file.
        text = os.pread(self.errors.fileno(), 4096, 0).decode(errors="replace").strip()
        return f"; it said:\n{text}" if text else ""


def _read_lines(stream: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    with stream:
        for line in stream:
            lines.put(line.rstrip("\n"))
    lines.put(None)


def _stop(process: subprocess.Popen[str], reader: threading.Thread, errors: IO[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    reader.join()
    errors.close()
