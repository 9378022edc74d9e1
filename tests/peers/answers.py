"""What all Python clients of the comparison share: the cases, and one text form for values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

CASES: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "cases.json").read_text())

Rows = Sequence[Sequence[Any]]


def text(value: Any) -> str | None:
    """One form for a value, whatever type a client gives it."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
            return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def answer(rows: Rows, case: dict[str, Any]) -> Any:
    """The rows in that form; a large result as its number of rows and a digest."""
    texts = [[text(cell) for cell in row] for row in rows]
    if case.get("digest"):
        return [len(texts), hashlib.sha256(json.dumps(texts).encode()).hexdigest()]
    return texts


class Client:
    """What a client of the comparison offers; what it cannot do it says in `cannot`."""

    name: str
    cannot: ClassVar[dict[str, str]] = {}

    def query(self, sql: str) -> Rows:
        """The rows of a statement."""
        raise NotImplementedError

    def query_with(self, sql: str, values: list[tuple[str, str, str | None]]) -> Rows:
        """The rows of a statement with named parameters: name, type, text."""
        raise NotImplementedError

    def sql_state(self, error: Exception) -> str | None:
        """The SQLSTATE that an error carries."""
        raise NotImplementedError

    def metadata(self) -> dict[str, Callable[[], Iterable[Any]]]:
        """The metadata calls: the names in `samples`, sorted by the comparison."""
        raise NotImplementedError


def run(client: Client) -> None:
    """Prints one line of JSON for each case."""
    for case in CASES["queries"]:
        emit(case["name"], partial(asked, client, case))
    for case in CASES["parameters"]:
        skip_or_emit(client, "parameters", case["name"], partial(asked_with, client, case))
    for case in CASES["errors"]:
        emit(case["name"], partial(failure, client, case["sql"]))
    for case in CASES["statements"]:
        emit(case["name"], partial(sequence, client, case))
    if "metadata" in client.cannot:
        print(json.dumps({"case": "metadata", "cannot": client.cannot["metadata"]}))
    else:
        for name, call in client.metadata().items():
            emit(f"metadata {name}", partial(listed, call))


def asked(client: Client, case: dict[str, Any]) -> Any:
    """What a query answers."""
    return answer(client.query(case["sql"]), case)


def asked_with(client: Client, case: dict[str, Any]) -> Any:
    """What a query with parameters answers."""
    return answer(client.query_with(case["sql"], [tuple(value) for value in case["values"]]), case)


def listed(call: Callable[[], Iterable[Any]]) -> list[str]:
    """The names that a metadata call answers, sorted."""
    return sorted(str(item) for item in call())


def skip_or_emit(client: Client, kind: str, name: str, produce: Callable[[], Any]) -> None:
    """As `emit`, unless the client has said that it cannot."""
    if kind in client.cannot:
        print(json.dumps({"case": name, "cannot": client.cannot[kind]}))
    else:
        emit(name, produce)


def emit(name: str, produce: Callable[[], Any]) -> None:
    """Prints a case's answer, or the error that it ended with."""
    try:
        line = {"case": name, "answer": produce()}
    except Exception as error:
        line = {"case": name, "failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(line), flush=True)


def failure(client: Client, sql: str) -> str | None:
    """The SQLSTATE that a statement fails with."""
    try:
        rows = client.query(sql)
    except Exception as error:
        return client.sql_state(error)
    return f"no error, but {len(rows)} rows"


def sequence(client: Client, case: dict[str, Any]) -> Any:
    """Runs statements in order; answers one of them."""
    kept: Any = None
    for number, sql in enumerate(case["sql"]):
        rows = client.query(sql.replace("{client}", client.name))
        if number == case["answer_of"]:
            kept = answer(rows, case)
    return kept
