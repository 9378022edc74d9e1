"""Real SQL through the whole chain: connector, kernel, protocol, local warehouse. It starts what it needs and ends by itself."""

from __future__ import annotations

import secrets
import sys
import time
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel
from databricks import sql
from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PRICING_SUMMARY = """
SELECT l_returnflag, l_linestatus,
       sum(l_quantity) AS sum_qty,
       sum(l_extendedprice) AS sum_base_price,
       sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price,
       sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge,
       avg(l_quantity) AS avg_qty,
       avg(l_extendedprice) AS avg_price,
       avg(l_discount) AS avg_disc,
       count(*) AS count_order
FROM samples.tpch.lineitem
WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY
GROUP BY l_returnflag, l_linestatus
ORDER BY l_returnflag, l_linestatus
"""

REVENUE_CHANGE = """
SELECT sum(l_extendedprice * l_discount) AS revenue
FROM samples.tpch.lineitem
WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'
  AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24
"""

SCREEN_WIDTH = 100

BUILDING_CUSTOMERS = """
SELECT c_name AS customer, c_acctbal AS balance
FROM samples.tpch.customer
WHERE c_mktsegment = :segment AND c_acctbal > :balance
ORDER BY c_acctbal DESC
LIMIT 3
"""


def heading(text: str) -> None:
    """Prints what comes next."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Prints rows under their headings, numbers to the right; a wide table with a column for each row."""
    cells = [[text_of(value) for value in row] for row in rows]
    lines = aligned([columns, *cells])
    lines.insert(1, ["─" * len(value) for value in lines[0]])
    if sum(map(len, lines[0])) > SCREEN_WIDTH:
        lines = aligned(list(zip(columns, *cells, strict=True)))
    for line in lines:
        print(f"  {'  '.join(line)}".rstrip())


def aligned(lines: Sequence[Sequence[str]]) -> list[list[str]]:
    """The same cells, each column as wide as its widest; the last line says on which side a column stands."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [value.strip("-").replace(",", "").replace(".", "").isdigit() for value in lines[-1]]
    return [[v.rjust(w) if r else v.ljust(w) for v, w, r in zip(line, widths, right, strict=True)] for line in lines]


def text_of(value: Any) -> str:
    """Prints numbers with separators."""
    return value if isinstance(value, str) else f"{value:,}"


def ask(cursor: Any, query: str, parameters: dict[str, Any] | None = None) -> None:
    """Runs a query and prints its answer and how long it took."""
    begun = time.perf_counter()
    cursor.execute(query, parameters)
    rows = cursor.fetchall()
    seconds = time.perf_counter() - begun
    table([column[0] for column in cursor.description], rows)
    print(f"  ({len(rows)} row{'s' * (len(rows) != 1)} in {seconds:.2f} s)")


def stream(cursor: Any, query: str, total: int) -> None:
    """Reads a result piece by piece, holding no more than one, and shows how it goes."""
    begun = time.perf_counter()
    cursor.execute(query)
    rows = size = 0
    while (piece := cursor.fetchmany_arrow(50_000)).num_rows:
        rows += piece.num_rows
        size += piece.nbytes
        progress(rows, total, size, time.perf_counter() - begun)
    progress(rows, total, size, time.perf_counter() - begun, last=True)


def progress(rows: int, total: int, size: int, seconds: float, *, last: bool = False) -> None:
    """One line that is written over; where there is no terminal, only the last one."""
    filled = 30 * rows // max(total, 1)
    bar = "█" * filled + "░" * (30 - filled)
    line = f"  {bar} {rows:,} rows  {size / 1e6:,.0f} MB  {rows / max(seconds, 1e-9):,.0f} rows/s"
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if last else "", flush=True)
    elif last:
        print(line)


def main() -> None:
    """Shows it all."""
    print(f"databricks_sql_kernel {databricks_sql_kernel.__version__} under databricks-sql-connector {sql.__version__}")
    print("starting the local warehouse …", flush=True)
    principal = {"oauth_client_id": "demo", "oauth_client_secret": secrets.token_urlsafe()}
    with (
        LocalWarehouse(service_principals={"demo": principal["oauth_client_secret"]}) as warehouse,
        sql.connect(**{**warehouse.connector_arguments(), "access_token": None, **principal}) as connection,
        connection.cursor() as cursor,
    ):
        print(f"{warehouse.url}, session {connection.get_session_id_hex()}, signed in by OAuth as the service principal 'demo'")

        heading("TPC-H query 1, pricing summary (the tables are generated now)")
        ask(cursor, PRICING_SUMMARY)

        heading("TPC-H query 6, forecast of a change in revenue")
        ask(cursor, REVENUE_CHANGE)

        heading("All of lineitem, streamed as Arrow")
        cursor.execute("SELECT count(*) FROM samples.tpch.lineitem")
        stream(cursor, "SELECT * FROM samples.tpch.lineitem", cursor.fetchone()[0])

        heading("The tables of samples.tpch")
        cursor.tables(catalog_name="samples", schema_name="tpch")
        print(f"  {', '.join(row.TABLE_NAME for row in cursor.fetchall())}")

        heading("A query with parameters: segment='BUILDING', balance=9990")
        ask(cursor, BUILDING_CUSTOMERS, {"segment": "BUILDING", "balance": 9990})

        heading("A query that fails: SELECT colour FROM samples.tpch.part")
        try:
            cursor.execute("SELECT colour FROM samples.tpch.part")
        except sql.Error as error:
            facts: Any = error
            print(f"  {type(error).__name__}: {error}")
            print(f"  code {facts.code}, SQLSTATE {facts.sql_state}, query {facts.query_id}")

    heading("Next")
    print("  Your own files as tables:  local-warehouse --port 8080 --token secret --data FOLDER")
    print("  In your tests:             the pytest fixture `local_warehouse`, see python-pkg/README.md")
    print("  Everything checked:        make test")


if __name__ == "__main__":
    main()
