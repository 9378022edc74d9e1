"""Queries whose right answer is known without asking a server."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

MOST_ROWS: Final = 300_000
# Runs for minutes unless it is ended.
LONG_QUERY: Final = "SELECT sum(a.id * b.id) AS s FROM range(3000000) a CROSS JOIN range(3000000) b"
# Who signs in by OAuth.
PRINCIPAL: Final[dict[str, Any]] = {"client_id": "soak", "client_secret": "a secret of the soak"}
IDS: Final = pa.array(range(MOST_ROWS))
COLUMNS: Final = pa.table(
    {
        "id": IDS,
        "text": pc.cast(IDS, pa.string()),
        "money": pc.cast(pc.cast(IDS, pa.decimal128(19, 0)), pa.decimal128(21, 2)),
        "even": pc.if_else(pc.equal(pc.bit_wise_and(IDS, 7), 0), None, pc.equal(pc.bit_wise_and(IDS, 1), 0)),
    }
)
ROWS: Final = (
    "SELECT id, CAST(id AS STRING) AS text, CAST(id AS DECIMAL(21,2)) AS money, "
    "CASE WHEN id % 8 = 0 THEN NULL ELSE id % 2 = 0 END AS even"
)


@dataclass(frozen=True)
class Case:
    """A query, and what is right.

    Attributes:
        name: The kind.
        sql: The text, with `:name` where a parameter is.
        expected: The right answer as a table; or `None` where the server must refuse.
        sql_state: The SQLSTATE of the refusal.
        parameters: Name, text and SQL type of each.
    """

    name: str
    sql: str
    expected: pa.Table | None
    sql_state: str | None = None
    parameters: tuple[tuple[str, str | None, str], ...] = ()

    def is_right(self, answer: pa.Table) -> bool:
        """Whether this is the answer, to the last value."""
        return self.expected is not None and answer.to_pylist() == self.expected.to_pylist()

    def verdict(self, answer: pa.Table) -> tuple[bool, str]:
        """Whether this is the answer, and if not, how it differs, for whoever looks for the cause."""
        return (True, "") if self.is_right(answer) else (False, f"the answer is wrong: {self._difference(answer)}")

    def _difference(self, answer: pa.Table) -> str:
        if self.expected is None:
            return f"{answer.num_rows} rows where a refusal was due"
        if answer.num_rows != self.expected.num_rows or answer.column_names != self.expected.column_names:
            due = f"{self.expected.num_rows} of {self.expected.column_names}"
            return f"{answer.num_rows} rows of {answer.column_names} instead of {due}"
        pairs = enumerate(zip(answer.to_pylist(), self.expected.to_pylist(), strict=True))
        differing = [(row, came, due) for row, (came, due) in pairs if came != due]
        places = f"rows {differing[0][0]} to {differing[-1][0]}, {len(differing)} of them" if differing else "no row, but a type"
        return f"{places}: {differing[0][1:] if differing else answer.schema}"


@dataclass(frozen=True)
class Rows(Case):
    """As `Case`, for results that are too long for Python's objects."""

    def is_right(self, answer: pa.Table) -> bool:
        """Compares the columns, whatever chunks they came in."""
        assert self.expected is not None
        return answer.num_rows == self.expected.num_rows and all(
            pa.chunked_array(answer.column(name).chunks, self.expected.schema.field(name).type).equals(self.expected.column(name))
            for name in self.expected.column_names
        )


def _sum(random: Random) -> Case:
    count, factor = random.randrange(1, 100_000), random.randrange(1, 1000)
    total = factor * count * (count - 1) // 2
    return Case("sum", f"SELECT sum(id * {factor}) AS s FROM range({count})", pa.table({"s": [total]}))


def rows(random: Random) -> Rows:
    """Numbers, texts, decimals and booleans with NULLs, in order: one chunk or up to thirty."""
    count = random.choice((0, 1, 100, 10_000, 10_001, random.randrange(MOST_ROWS), MOST_ROWS))
    return Rows("rows", f"{ROWS} FROM range({count}) ORDER BY id", COLUMNS.slice(0, count))


def _nested(random: Random) -> Case:
    count = random.randrange(1, 3000)
    sql = (
        "SELECT array(id, id + 1) AS a, named_struct('n', id, 't', CAST(id AS STRING)) AS s, map(CAST(id AS STRING), id) AS m "
        f"FROM range({count}) ORDER BY id"
    )
    ids = range(count)
    expected = {
        "a": pa.array([[n, n + 1] for n in ids]),
        "s": pa.array([{"n": n, "t": str(n)} for n in ids]),
        "m": pa.array([[(str(n), n)] for n in ids], pa.map_(pa.string(), pa.int64())),
    }
    return Case("nested", sql, pa.table(expected))


def _parameters(random: Random) -> Case:
    number = random.randrange(-(2**62), 2**62)
    text = "".join(random.choices(string.printable + "é日😀'", k=random.randrange(200)))
    money = Decimal(random.randrange(-(10**18), 10**18)).scaleb(-2)
    day = date(1, 1, 1) + timedelta(days=random.randrange(3_000_000))
    expected = {"n": [number], "t": [text], "d": [money], "day": [day], "z": pa.array([None], pa.string())}
    parameters = (
        ("n", str(number), "BIGINT"),
        ("t", text, "STRING"),
        ("d", f"{money:f}", "DECIMAL(20,2)"),
        ("day", day.isoformat(), "DATE"),
        ("z", None, "STRING"),
    )
    return Case("parameters", "SELECT :n AS n, :t AS t, :d AS d, :day AS day, :z AS z", pa.table(expected), parameters=parameters)


def _refused(random: Random) -> Case:
    sql, state = random.choice(
        (
            ("SELECT CAST('abc' AS INT) AS n", "22018"),
            ("SELEC 1", "42601"),
            ("SELECT 1 AS n FROM main.default.no_such_table", "42P01"),
        )
    )
    return Case("refused", sql, None, state)


KINDS: Final[tuple[Callable[[Random], Case], ...]] = (_sum, rows, rows, _nested, _parameters, _refused)


def any_case(random: Random) -> Case:
    """A case of any kind."""
    return random.choice(KINDS)(random)


def nations(random: Random) -> tuple[dict[str, Any], list[str]]:
    """The arguments of a metadata call for tables, and the names that it must answer."""
    tables = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
    begin = random.choice(("", "n", "part", "x"))
    arguments = {"catalog": "samples", "schema_pattern": "tpch", "table_pattern": f"{begin}%"}
    return arguments, [name for name in tables if name.startswith(begin)]
