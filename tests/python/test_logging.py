"""The kernel's log in Python's logging."""

from __future__ import annotations

from typing import TYPE_CHECKING

import child

if TYPE_CHECKING:
    from databricks_sql_kernel.testing import LocalWarehouse

PROGRAM = """
import logging
import databricks_sql_kernel as kernel

class Keep(logging.Handler):
    records = []
    def emit(self, record):
        self.records.append(record)

logging.getLogger("databricks").addHandler(Keep())
log = logging.getLogger("databricks.sql.kernel")

def ask(level):
    Keep.records.clear()
    log.setLevel(level)
    kernel.reset_logging()
    with kernel.Session(**arguments) as session:
        statement = session.statement()
        statement.set_sql("SELECT 'hidden-text' AS s")
        statement.execute().fetch_all_arrow()
    from databricks_sql_kernel import _native
    _native.clear_log_sink()
    lines = [record.getMessage() for record in Keep.records]
    tell(
        lines=len(lines),
        names=sorted({record.name.split(".")[:3] == ["databricks", "sql", "kernel"] for record in Keep.records}),
        lowest=min((record.levelno for record in Keep.records), default=0),
        token=any(arguments["access_token"] in line for line in lines),
        text=any("hidden-text" in line for line in lines),
    )

"""


def test_lines_arrive_at_the_level_that_is_set(warehouse: LocalWarehouse) -> None:
    program = (
        PROGRAM
        + 'log.setLevel("DEBUG")\ntell(first=kernel.init_logging(), second=kernel.init_logging())\nask("DEBUG")\nask("ERROR")'
    )
    status, told, errors = child.run(program, warehouse.connect_arguments())
    installed, debug, error = told
    assert installed == {"first": True, "second": False}
    assert debug["lines"] > 0
    assert {**debug, "lines": 0} == {"lines": 0, "names": [True], "lowest": 10, "token": False, "text": False}
    assert error["lines"] == 0
    assert (status, errors) == (0, "")


def test_without_init_nothing_is_logged(warehouse: LocalWarehouse) -> None:
    status, told, errors = child.run(PROGRAM + 'ask("DEBUG")', warehouse.connect_arguments())
    assert [facts["lines"] for facts in told] == [0]
    assert (status, errors) == (0, "")
