"""What a case does, through the wheel: a JSON job from the standard input, its outcomes as JSON to the standard output.

`rust/main.rs` does the same through the crate.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel as kernel

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance" / "python"))
from canonical import values

if TYPE_CHECKING:
    from databricks_sql_kernel import ExecutedStatement, ResultStream

TRACE = 5


def peak() -> int:
    """The most memory that this process has had at once, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


class Client:
    """One session, and the operations of cases on it."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        """Opens nothing yet."""
        self.arguments = arguments
        self.session: Any = None
        self.read: list[Any] = []

    def open(self, _: dict[str, Any]) -> None:
        """Opens the session."""
        self.session = kernel.Session(**self.arguments)

    def close(self, _: dict[str, Any]) -> None:
        """Closes it."""
        self.session.close()

    def query(self, step: dict[str, Any]) -> list[Any]:
        """Runs a statement and reads all that it answers."""
        statement = self.session.statement()
        statement.set_sql(step["sql"])
        statement.set_timeout(step.get("timeout"))
        return self._rows(statement.execute())

    def submit(self, step: dict[str, Any]) -> list[Any]:
        """The same, submitted and awaited."""
        statement = self.session.statement()
        statement.set_sql(step["sql"])
        submitted = statement.submit()
        result = self._rows(submitted.await_result())
        submitted.close()
        return result

    def tables(self, _: dict[str, Any]) -> list[Any]:
        """Lists tables: the first four columns of the answer."""
        return [row[:4] for row in self._rows(self.session.metadata().list_tables(catalog="main"))]

    def list_files(self, step: dict[str, Any]) -> list[Any]:
        """Lists a folder: name, whether it is a folder, size."""
        return [[file.name, file.is_folder, file.size_bytes] for file in self.session.volume().list(step["path"])]

    def get(self, step: dict[str, Any]) -> list[Any]:
        """Downloads a file: its content, a row of one cell."""
        target = io.BytesIO()
        try:
            self.session.volume().get(step["path"], target)
        finally:
            self.read = [[target.getvalue().decode("latin-1")]] if target.getvalue() else []
        return [[target.getvalue().decode("latin-1")]]

    def put(self, step: dict[str, Any]) -> list[Any]:
        """Uploads a file: its length."""
        return [[self.session.volume().put(b"x" * step["length"], step["path"], overwrite=True)]]

    def remove(self, step: dict[str, Any]) -> list[Any]:
        """Removes a file."""
        self.session.volume().remove(step["path"])
        return []

    def _rows(self, result: ExecutedStatement | ResultStream) -> list[Any]:
        while (batch := result.fetch_next_batch()) is not None:
            batch.validate(full=True)
            columns = [values(column) for column in batch.columns]
            self.read.extend([list(row) for row in zip(*columns, strict=True)])
        result.close()
        return self.read


def outcome(client: Client, step: dict[str, Any]) -> dict[str, Any]:
    """How one step went."""
    began = time.monotonic()
    client.read = []
    done: dict[str, Any] = {}
    try:
        done["rows"] = getattr(client, step["do"])(step)
    except kernel.KernelError as error:
        fields = ("message", "error_code", "sql_state", "query_id", "diagnostic_info", "error_details_json", "http_status")
        done = {"error": error.code, "read": client.read, "shown": [repr(error), *[getattr(error, field) for field in fields]]}
    done["seconds"] = round(time.monotonic() - began, 2)
    return done


def main() -> None:
    """Does the job."""
    job = json.load(sys.stdin)
    if job["trace"]:
        logging.basicConfig(level=TRACE)
    before = peak()
    client = Client(job["session"])
    outcomes = []
    for step in job["steps"]:
        outcomes.append(outcome(client, step))
        if step["do"] == "open" and "error" in outcomes[-1]:
            break
    print(json.dumps({"outcomes": outcomes, "grown_kib": peak() - before}), flush=True)


if __name__ == "__main__":
    main()
