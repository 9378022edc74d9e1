"""Statements made by a generator: over a table that holds every type, in three zones.

Each of select, filter, group, distinct, join, sort, set operation, window and insert comes with every type. The same seed makes
the same statements.
"""

from __future__ import annotations

import random
from itertools import product

ZONES = ("Etc/UTC", "America/Los_Angeles", "+05:30")

# A column's name and type, its values in three rows, and another value to compare with.
COLUMNS = [
    ("flag", "BOOLEAN", ("true", "false", "true"), "false"),
    ("tiny", "TINYINT", ("1Y", "-128Y", "127Y"), "1Y"),
    ("small", "SMALLINT", ("2S", "-32768S", "2S"), "0S"),
    ("whole", "INT", ("3", "-2147483648", "3"), "2"),
    ("large", "BIGINT", ("4L", "9223372036854775807", "-9223372036854775808"), "5"),
    ("single", "FLOAT", ("1.5F", "-0.1F", "cast('NaN' AS FLOAT)"), "0.1F"),
    ("double", "DOUBLE", ("2.5D", "-1e300D", "cast('Infinity' AS DOUBLE)"), "1.0D"),
    ("exact", "DECIMAL(10,2)", ("1.25", "-99999999.99", "1.25"), "1.2"),
    ("wide", "DECIMAL(38,18)", ("0.000000000000000001", "-12345678901234567890.5", "1"), "1.5"),
    ("Words", "STRING", ("'a'", "'ß漢🎉'", "''"), "'a'"),
    ("bytes", "BINARY", ("X'0041'", "X''", "X'61'"), "X'61'"),
    ("day", "DATE", ("date'2024-02-29'", "date'1582-10-04'", "date'2024-02-29'"), "date'2024-01-01'"),
    (
        "at",
        "TIMESTAMP",
        ("timestamp'2024-03-10 10:30:00Z'", "timestamp'1969-12-31 23:59:59.999999Z'", "timestamp'2024-11-03 08:30:00Z'"),
        "timestamp'2024-01-01 00:00:00'",
    ),
    (
        "clock",
        "TIMESTAMP_NTZ",
        ("timestamp_ntz'2024-03-10 02:30:00'", "timestamp_ntz'2024-11-03 01:30:00'", "timestamp_ntz'2024-03-10 02:30:00'"),
        "timestamp_ntz'2024-01-01 00:00:00'",
    ),
    ("list", "ARRAY<INT>", ("array(1, NULL)", "array()", "array(1, NULL)"), "array(1)"),
    (
        "record",
        "STRUCT<a: INT, b: STRING>",
        ("named_struct('a', 1, 'b', 'x')", "named_struct('a', NULL, 'b', '')", "named_struct('a', 1, 'b', 'x')"),
        "named_struct('a', 1, 'b', 'y')",
    ),
]

# `{c}` is a column, `{o}` another, `{v}` a value of the column's type, `{n}` a small number.
SHAPES = [
    "SELECT id, {c} FROM every",
    "SELECT {c}, count(*) FROM every GROUP BY {c}",
    "SELECT DISTINCT {c} FROM every",
    "SELECT max({c}), min({c}), count({c}), count(DISTINCT {c}) FROM every",
    "SELECT id FROM every WHERE {c} = {v}",
    "SELECT id, {c} FROM every WHERE {c} < {v} OR {c} IS NULL",
    "SELECT id, {c} FROM every ORDER BY {c}, id",
    "SELECT id, {c} FROM every ORDER BY {c} DESC NULLS LAST, id LIMIT {n}",
    "SELECT a.id, b.id AS other FROM every a JOIN every b ON a.{c} = b.{c}",
    "SELECT a.id, b.{c} FROM every a LEFT JOIN every b ON a.{c} = b.{c} AND b.id > {n}",
    "SELECT {c} FROM every UNION SELECT {c} FROM every WHERE id > {n}",
    "SELECT {c} FROM every UNION ALL SELECT {v}",
    "SELECT {c} FROM every INTERSECT SELECT {c} FROM every WHERE id > 1",
    "SELECT {c} FROM every EXCEPT SELECT {c} FROM every WHERE id = {n}",
    "SELECT id, row_number() OVER (PARTITION BY {c} ORDER BY id) AS n FROM every ORDER BY id",
    "SELECT id, lag({c}) OVER (ORDER BY id) AS before FROM every ORDER BY id",
    "SELECT id, max({c}) OVER (ORDER BY id) AS most FROM every ORDER BY id",
    "SELECT id, cast({c} AS STRING) AS text FROM every",
    "SELECT id, coalesce({c}, {v}) AS c, {c} IN ({v}) AS i, {c} <=> {v} AS e FROM every",
    "SELECT CASE WHEN id > {n} THEN {c} ELSE {v} END AS c FROM every",
    "SELECT {o}, max({c}) AS most FROM every GROUP BY {o} HAVING count(*) > 0",
    "SELECT id FROM every WHERE {c} IN (SELECT {c} FROM every WHERE id = {n})",
    "SELECT id FROM every a WHERE EXISTS (SELECT 1 FROM every b WHERE b.{c} = a.{c} AND b.id <> a.id)",
    "SELECT t.{c} FROM (SELECT {c}, {o} FROM every) t WHERE t.{o} IS NOT NULL",
    "WITH w AS (SELECT {c}, id FROM every) SELECT a.{c} FROM w a JOIN w b ON a.id = b.id + {n}",
    "SELECT array({c}, {v}) AS l, named_struct('f', {c}) AS s FROM every",
    "SELECT {c} AS x, count(*) AS n FROM every GROUP BY 1",
]


def statements(seed: int) -> list[str]:
    """The statements of a seed: the table first, then every shape with every column, in a zone each; inserts in between."""
    chance = random.Random(seed)  # noqa: S311 - the same statements each time are the point
    texts = [f"CREATE TABLE every (id INT, {', '.join(f'{name} {sql_type}' for name, sql_type, _, _ in COLUMNS)})"]
    for row in range(3):
        values = ", ".join(values[row] for _, _, values, _ in COLUMNS)
        texts.append(f"INSERT INTO every VALUES ({row + 1}, {values})")
    texts.append("INSERT INTO every (id) VALUES (4)")
    made = []
    for shape, (name, _, _, value) in product(SHAPES, COLUMNS):
        other = chance.choice(COLUMNS)[0]
        made.append(shape.format(c=name, o=other, v=value, n=chance.randint(1, 3)))
    chance.shuffle(made)
    zone = None
    for number, text in enumerate(made):
        if number % 30 == 0:
            zone = ZONES[number // 30 % len(ZONES)]
            texts.append(f"SET TIME ZONE '{zone}'")
            column, row = chance.choice(COLUMNS)[0], chance.randint(1, 3)
            texts.append(f"INSERT INTO every (id, {column}) SELECT {10 + number}, {column} FROM every WHERE id = {row}")
        texts.append(text)
    return texts
