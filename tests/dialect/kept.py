"""What is created on Spark with `--data` is there again after a restart, beside the files of the folder; CHECK and NOT NULL hold.

Runs on the Spark of LOCAL_WAREHOUSE_SPARK_PYTHON.
"""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel as kernel
from databricks_sql_kernel.testing import LocalWarehouse, LocalWarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

CREATED = [
    "CREATE SCHEMA main.shop COMMENT 'goods'",
    "CREATE TABLE main.shop.makers (id INT NOT NULL PRIMARY KEY, name STRING)",
    (
        "CREATE TABLE main.shop.goods (id INT COMMENT 'number', price DECIMAL(8,2) DEFAULT 1.5, maker INT, label VARCHAR(9),"
        " CONSTRAINT positive CHECK (price > 0), CONSTRAINT made FOREIGN KEY (maker) REFERENCES main.shop.makers (id))"
        " PARTITIONED BY (maker) COMMENT 'all of them' TBLPROPERTIES ('team' = 'a')"
    ),
    "INSERT INTO main.shop.makers VALUES (1, 'Ada')",
    "INSERT INTO main.shop.goods VALUES (1, 2.50, 1, 'one'), (2, DEFAULT, 1, 'two'), (3, 9, 1, NULL)",
    "UPDATE main.shop.goods SET price = price + 1 WHERE id = 1",
    "CREATE VIEW main.shop.dear (number, price) COMMENT 'some' AS SELECT id, price FROM main.shop.goods WHERE price > 2",
    "CREATE TABLE main.default.gone AS SELECT 1 AS one",
    "DROP TABLE main.default.gone",
]
ASKED = [
    "SELECT * FROM main.shop.goods ORDER BY id",
    "SELECT * FROM main.shop.dear ORDER BY number",
    "SELECT * FROM main.default.files ORDER BY a",
    "DESCRIBE main.shop.goods",
    "SHOW TBLPROPERTIES main.shop.goods",
    "SHOW TABLES IN main.shop",
    "SHOW TABLES IN main.default",
    "SHOW KEYS IN CATALOG main IN SCHEMA shop IN TABLE makers",
    "SHOW FOREIGN KEYS IN CATALOG main IN SCHEMA shop IN TABLE goods",
    "DESCRIBE SCHEMA main.shop",
]
REFUSED = {
    "INSERT INTO main.shop.goods VALUES (4, -1, 1, 'x')": ("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", "23001"),
    "UPDATE main.shop.goods SET price = price - 5 WHERE id = 1": ("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", "23001"),
    "ALTER TABLE main.shop.goods ADD CONSTRAINT cheap CHECK (price < 5)": ("DELTA_NEW_CHECK_CONSTRAINT_VIOLATION", "23512"),
    "INSERT INTO main.shop.makers VALUES (NULL, 'x')": ("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "23502"),
    "INSERT INTO main.shop.goods VALUES (4, 1, 1, 'more than nine')": ("EXCEED_LIMIT_LENGTH", "54006"),
    "ALTER TABLE main.shop.goods RENAME TO nowhere.goods": ("SCHEMA_NOT_FOUND", "42704"),
    "ALTER TABLE main.shop.goods RENAME TO shop.makers": ("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"),
    "ALTER VIEW main.shop.dear RENAME TO nowhere.dear": ("SCHEMA_NOT_FOUND", "42704"),
    "INSERT INTO main.default.files VALUES (1, 'x')": ("UNSUPPORTED_FEATURE.TABLE_OPERATION", "0A000"),
}


@contextmanager
def opened(data: Path) -> Iterator[kernel.Session]:
    """A session on a warehouse over a data folder."""
    warehouse = LocalWarehouse(arguments=["--engine", "spark", "--data", str(data)], start_limit=180)
    with warehouse, kernel.Session(**warehouse.connect_arguments()) as session:
        yield session


def refusal(data: Path) -> str:
    """Why a warehouse does not start over a data folder."""
    try:
        with LocalWarehouse(arguments=["--engine", "spark", "--data", str(data)], start_limit=180):
            return "it started"
    except LocalWarehouseError as error:
        return str(error)


def rows(session: kernel.Session, text: str) -> list[dict[str, Any]]:
    """A statement's rows."""
    statement = session.statement()
    statement.set_sql(text)
    return list(statement.execute().fetch_all_arrow().to_pylist())


def failure(session: kernel.Session, text: str) -> tuple[str, str]:
    """The error class and SQLSTATE that a statement fails with."""
    try:
        rows(session, text)
    except kernel.KernelError as error:
        named = re.match(r"\[([A-Z0-9_.]+)\]", error.message)
        return (named.group(1) if named else error.message, error.sql_state or "")
    return ("no error", "")


def check(what: str, answered: object, *, expected: object) -> None:
    """Prints what was checked; ends the program when it is not so."""
    if answered != expected:
        sys.exit(f"FAILED  {what}: {answered} instead of {expected}")
    print(f"ok      {what}", flush=True)


def main() -> int:
    """Runs all checks."""
    with tempfile.TemporaryDirectory() as work:
        data = Path(work) / "data"
        data.mkdir()
        (data / "files.csv").write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
        with opened(data) as session:
            for text in CREATED:
                rows(session, text)
            before = {text: rows(session, text) for text in ASKED}
            check("rows", [str(row["price"]) for row in before[ASKED[0]]], expected=["3.50", "1.50", "9.00"])
            for text, expected in REFUSED.items():
                check(text, failure(session, text), expected=expected)
            check("a folder belongs to one warehouse", "is in use by another local warehouse" in refusal(data), expected=True)
        moved = data.rename(Path(work) / "moved")
        with opened(moved) as session:
            for text in ASKED:
                check(f"after a restart elsewhere: {text}", rows(session, text), expected=before[text])
            for text, expected in REFUSED.items():
                check(f"after a restart: {text}", failure(session, text), expected=expected)
            rows(session, "DELETE FROM main.shop.goods WHERE id > 1")
            check("tables change on", len(rows(session, ASKED[0])), expected=1)
        (moved / "shop").mkdir()
        (moved / "shop" / "goods.csv").write_text("a\n1\n", encoding="utf-8")
        check("a file of a table's name is refused", "rename the file" in refusal(moved), expected=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
