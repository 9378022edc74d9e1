"""The kernel's log in Python's logging."""

from __future__ import annotations

import asyncio
import logging
import logging.config
import threading
from typing import TYPE_CHECKING

import child
import pytest
from conftest import LONG_QUERY, code_of, rows
from databricks_sql_kernel import Session, aio
from extras import needs_connector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from databricks_sql_kernel.testing import LocalWarehouse

NAME = "databricks.sql.kernel"


class Kept(logging.Handler):
    """Keeps the kernel's records and lets a test wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.more = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self.more:
            self.records.append(record)
            self.more.notify_all()

    def texts(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@pytest.fixture
def kept() -> Iterator[Kept]:
    """On the logger above all of the connector's, with every level as it was before and after."""
    handler, above, own = Kept(), logging.getLogger("databricks.sql"), logging.getLogger(NAME)
    above.addHandler(handler)
    yield handler
    above.removeHandler(handler)
    for logger in (above, own):
        logger.setLevel(logging.NOTSET)
    logging.disable(logging.NOTSET)


def ask(session: Session) -> None:
    rows(session, "SELECT 'hidden-text' AS s")


def test_records_are_those_of_one_logger_and_carry_no_secret(warehouse: LocalWarehouse, kept: Kept) -> None:
    logging.getLogger(NAME).setLevel(logging.DEBUG)
    with Session(**warehouse.connect_arguments()) as session:
        ask(session)
    assert {record.name for record in kept.records} == {NAME}
    assert min(record.levelno for record in kept.records) == logging.DEBUG
    # Of the last request too: they have arrived when the call returns.
    assert any("DELETE" in text for text in kept.texts())
    assert not any(warehouse.token in text or "hidden-text" in text for text in kept.texts())


def test_records_of_asyncio_have_arrived_when_the_session_is_closed(warehouse: LocalWarehouse, kept: Kept) -> None:
    async def work() -> None:
        async with aio.connect(**warehouse.connect_arguments()) as session:
            await session.execute("SELECT 1")

    logging.getLogger(NAME).setLevel(logging.DEBUG)
    asyncio.run(work())
    assert {record.name for record in kept.records} == {NAME}
    assert any("DELETE" in text for text in kept.texts())


CHANGES: dict[str, Callable[[int], None]] = {
    "its level": logging.getLogger(NAME).setLevel,
    "a level above": logging.getLogger("databricks.sql").setLevel,
    "disable": lambda level: logging.disable(level - 1),
    "a configuration": lambda level: logging.config.dictConfig(
        {"version": 1, "incremental": True, "loggers": {"databricks.sql": {"level": level}}}
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_level_that_changes_holds_from_then_on(session: Session, kept: Kept, change: str) -> None:
    logging.getLogger("databricks.sql").setLevel(logging.DEBUG)
    CHANGES[change](logging.WARNING)
    ask(session)
    assert kept.texts() == []
    CHANGES[change](logging.DEBUG)
    ask(session)
    assert {record.name for record in kept.records} == {NAME}
    count = len(kept.records)
    CHANGES[change](logging.ERROR)
    ask(session)
    assert len(kept.records) == count


def test_level_that_changes_during_a_query_holds_at_once(session: Session, kept: Kept) -> None:
    statement = session.statement()
    statement.set_sql(LONG_QUERY)
    canceller = statement.canceller()
    worker = threading.Thread(target=lambda: code_of(statement.execute))
    worker.start()
    while canceller.statement_id() is None:
        assert worker.is_alive()
    logging.getLogger(NAME).setLevel(logging.DEBUG)
    with kept.more:
        # A poll, by a thread of the kernel's, while Python waits.
        assert kept.more.wait_for(lambda: any("GET" in text for text in kept.texts()), 30)
    canceller.cancel()
    worker.join(30)
    assert not worker.is_alive()


def test_nothing_is_written_where_logging_was_not_set_up(warehouse: LocalWarehouse) -> None:
    program = """
import databricks_sql_kernel as kernel
with kernel.Session(**arguments) as session:
    pass
from databricks_sql_kernel import _native
tell(first=kernel.init_logging(), second=kernel.init_logging())
import logging
tell(level=logging.getLogger("databricks.sql.kernel").level)
logging.getLogger("databricks.sql.kernel").warning("of the kernel")
"""
    status, told, errors = child.run(program, warehouse.connect_arguments())
    assert told == [{"first": True, "second": False}, {"level": logging.NOTSET}]
    assert (status, errors) == (0, "")


@needs_connector
@pytest.mark.parametrize("connect", ["sql.connect(**arguments)", "connector.connect(**arguments)"], ids=["unmodified", "adapter"])
def test_one_file_holds_the_connectors_log_and_the_kernels(warehouse: LocalWarehouse, tmp_path: Path, connect: str) -> None:
    program = f"""
import logging
handler = logging.FileHandler({str(tmp_path / "log")!r})
handler.setFormatter(logging.Formatter("%(levelname)s %(name)s"))
logging.getLogger("databricks.sql").addHandler(handler)
logging.getLogger("databricks.sql").setLevel(logging.DEBUG)
from databricks import sql
from databricks_sql_kernel import connector
with {connect} as connection, connection.cursor() as cursor:
    cursor.execute("SELECT 1")
    cursor.fetchall()
"""
    status, _, errors = child.run(program, warehouse.connector_arguments())
    assert (status, errors) == (0, "")
    lines = (tmp_path / "log").read_text().splitlines()
    assert {"DEBUG databricks.sql.kernel", "DEBUG databricks.sql.client"} <= set(lines)
