"""What an engine made of a golden statement: a letter."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from functions import unindented
from hive_text import java_order
from words import Words

if TYPE_CHECKING:
    from engines import Engine, Outcome
    from golden_files import Golden

EQUAL, REFUSED, HANGS, NOT_JUDGED = "=", "r", "h", "-"
# Marked so by hand in the kept list: its rows follow from an order that it does not ask for, and come now so, now otherwise.
UNSTEADY = "~"
# In the kept list alone: it was equal, and is refused until the engine plans it as Spark does.
OWED = "o"
# The failures, from the worst: a statement of several runs has the worst of its letters.
FAILURES = {
    "x": "process ended, or too late",
    "d": "different rows",
    "w": "rows where Spark fails",
    "n": "another name for what Spark has",
    "c": "another error class than Spark's",
    "s": "different schema or order",
}
WORST = [*FAILURES, HANGS, REFUSED, EQUAL, NOT_JUDGED]
REFUSAL = "0A000"
INTERNAL = "XX000"
SYNTAX = "PARSE_SYNTAX_ERROR"
NO_FUNCTION = "42883"

# What a golden file says of an error: the class of the exception, and mostly a document.
EXCEPTION = re.compile(r"(?:java|scala|org\.apache\.spark)\.[\w.]+(?:Exception|Error)")
# What Spark's suite leaves out of a comparison, with its own mark for it.
MASK = "[not included in comparison]"
MASKED = [
    (
        re.compile(
            r'"(location|created_by|created_time|last_access|owner|transient_lastDdlTime|partition_statistics)[^"]*":"[^"]*"'
        ),
        r'"\1"',
    ),
    (re.compile(r"#\d+"), "#x"),
    (re.compile(r"plan_id=\d+"), "plan_id=x"),
    (re.compile(r"(Location|Created By|Created Time|Last Access|Owner)\b.*"), rf"\1 {MASK}"),
    (re.compile(r"(Partition Statistics)\t.*"), rf"\1\t{MASK}"),
    (re.compile(r"file:[^\s,]*"), f"file:{MASK}"),
    (re.compile(r"transient_lastDdlTime=(?:\d+|\[not included in comparison\])"), f"transient_lastDdlTime={MASK}"),
]
# The last part of a routine's name in the message that there is none.
ROUTINE = re.compile(r"resolve (?:routine )?(?:`[^`]+`\.)*`([^`]+)`")
COLLATION = re.compile(r" collate \w+")
# Functions that the suite registers in Scala for the files that came from PostgreSQL, and its class of one.
SUITE_FUNCTIONS = {"booleq", "boolne", "vol", "doubleavg", "mydoubleavg"}
# Tables of TPC-DS that it makes for one file: each statement that reads one reads one of these.
SUITE_TABLES = {"catalog_sales", "date_dim", "store_sales", "web_sales"}
SUITE_SOURCES = "org.apache.spark.sql.sources."
# Classes that have no name: those of an exception that Spark is yet to name.
UNNAMED = "_LEGACY_ERROR_TEMP_"
# SHOW TABLES and SHOW VIEWS have a schema, a name and what the service adds; Hive's text has the name alone.
NAMED = 3
LISTS = {"tables", "views", "table"}
OWN_SETTING = ([("mark", ".")], [("mark", ":")], [("mark", "=")])
DETAILS = "# Detailed Table Information"
DESCRIPTION = ("col_name", "data_type", "comment")


def left_out(name: str) -> str | None:
    """Why a whole file is not run."""
    if name.startswith(("udf/", "udaf/", "udtf/")):
        return "needs functions in Scala and Python that the suite registers"
    return None


def not_judged(sql: str) -> str | None:
    """Why a statement is run and not judged."""
    words = Words(sql)
    if words.verb == "explain":
        return "shows a plan"
    if SUITE_SOURCES in sql or words.named & (SUITE_FUNCTIONS | SUITE_TABLES):
        return "takes a function, a source or a table that the suite has in Scala"
    own_setting = words.verb == "set" and words.plain[1:2] not in (["spark"], ["path"]) and words.tokens[2:3] in OWN_SETTING
    if own_setting or "${colname}" in sql:
        return "makes or takes a setting of its own, which the service has not"
    return None


class Judge:
    """Judges one run of a file, statement after statement, and remembers what a refused or failed one left undone."""

    def __init__(self, engine: Engine) -> None:
        """Takes what is to know of the engine."""
        self.engine = engine
        self.undone: set[str] = set()
        # A setting or a place that could not be taken is behind all that follows.
        self.adrift = False

    def sql(self, golden: Golden) -> str:
        """The statement as this engine is asked."""
        return golden.sql.replace("spark_catalog", self.engine.catalog)

    def verdict(self, golden: Golden, outcome: Outcome) -> str:
        """The letter."""
        words = Words(golden.sql)
        letter = compare(golden, outcome, self.engine)
        if letter in FAILURES and self._hangs(words, outcome):
            letter = HANGS
        self._remember(words, golden, letter)
        uncarried = outcome.error is not None and outcome.error[0] in self.engine.uncarried
        return NOT_JUDGED if uncarried or not_judged(golden.sql) else letter

    def _hangs(self, words: Words, outcome: Outcome) -> bool:
        if outcome.ended or (outcome.error and (outcome.error[0] == SYNTAX or outcome.error[1] == INTERNAL)):
            return False
        if words.verb == "show" and set(words.plain[1:2]) & LISTS and self.undone:
            # What should have been made is named by the answer, not by the statement.
            return True
        routine = ROUTINE.search(outcome.error[2]) if outcome.error and outcome.error[1] == NO_FUNCTION else None
        if routine is not None:
            return self.adrift or routine.group(1).lower() in self.undone
        return self.adrift or bool(words.named & self.undone)

    def _remember(self, words: Words, golden: Golden, letter: str) -> None:
        target = words.target
        if letter in {REFUSED, HANGS, "n", "x"} and not error_of(golden):
            self.undone |= words.inserted | words.declared
            if target:
                self.undone.add(target)
            elif (words.verb in {"set", "use", "reset"} or words.executes_change) and not not_judged(golden.sql):
                self.adrift = True
        elif target and letter == EQUAL and words.verb in {"create", "drop", "declare"}:
            self.undone.discard(target)


def compare(golden: Golden, outcome: Outcome, engine: Engine) -> str:
    """The letter of a statement by itself."""
    if outcome.ended:
        return "x"
    expected = error_of(golden)
    if outcome.error:
        name, state, _ = outcome.error
        if expected and (name, state) == (expected[0], expected[1] or state):
            return EQUAL
        if state == REFUSAL:
            return REFUSED
        if expected and not expected[0] and (state != INTERNAL or engine.is_spark):
            # An exception that Spark gives no name: that Spark fails is all that can be compared.
            return EQUAL
        return "c" if expected and state != INTERNAL else "n"
    if expected:
        return "w"
    return _compare_rows(golden, outcome, engine)


def error_of(golden: Golden) -> tuple[str, str] | None:
    """The class and SQLSTATE of the error that Spark ends with; each empty where Spark gives none."""
    first, _, rest = golden.outputs[0].partition("\n")
    if golden.schema != "struct<>" or not EXCEPTION.fullmatch(first):
        return None
    try:
        document = json.loads(rest)
    except ValueError:
        named = re.match(r"\[([A-Z0-9_.]+)\]", rest)
        return (named.group(1) if named else "", "")
    name = str(document.get("errorClass", ""))
    return "" if name.startswith(UNNAMED) else name, str(document.get("sqlState", ""))


def _compare_rows(golden: Golden, outcome: Outcome, engine: Engine) -> str:
    if golden.schema == "struct<>" and not golden.outputs[0]:
        # Where Spark tells nothing of a change, the service tells how many rows it changed.
        return EQUAL
    words = Words(golden.sql)
    if not golden.schema:
        lines = unindented("\n".join("\t".join(row) for row in outcome.rows))
        expected = golden.outputs[0].replace("spark_catalog", engine.catalog)
        return EQUAL if Counter(lines.split("\n")) == Counter(expected.split("\n")) else "d"
    lines = masked("\n".join(_lines(words, outcome)))
    for output in golden.outputs:
        expected = masked(output.replace("spark_catalog", engine.catalog))
        if words.plain[:2] == ["show", "create"]:
            lines, expected = of_catalog(lines, engine), of_catalog(expected, engine)
        if not engine.is_spark:
            lines, expected = without_details(lines), without_details(expected)
        if Counter(lines.split("\n")) != Counter(expected.split("\n")):
            continue
        own_shape = words.verb == "show" and not engine.is_spark
        schema = golden.schema.replace("spark_catalog", engine.catalog)
        if not own_shape and COLLATION.sub("", schema) != COLLATION.sub("", outcome.schema):
            return "s"
        return "s" if words.orders and lines != expected else EQUAL
    return "d"


def masked(text: str) -> str:
    """Without what differs from run to run, and without blanks at its end, as the suite compares."""
    for pattern, mark in MASKED:
        text = pattern.sub(mark, text)
    return text.rstrip()


def of_catalog(text: str, engine: Engine) -> str:
    """A statement that makes a table or view, without collations, and without the catalog of a view, which Spark leaves out."""
    return text.replace(" COLLATE UTF8_BINARY", "").replace(f"CREATE VIEW {engine.catalog}.", "CREATE VIEW ")


def without_details(text: str) -> str:
    """A description up to its details, which are the service's own and not those of open-source Spark's storage."""
    return text.partition(DETAILS)[0].rstrip()


def _lines(words: Words, outcome: Outcome) -> list[str]:
    """The rows as Hive's text has them, sorted where the statement does not order them."""
    if outcome.names == DESCRIPTION and words.verb in {"desc", "describe"}:
        return ["\t".join(f"{'' if cell == 'NULL' else cell:<20}" for cell in row) for row in outcome.rows]
    if words.verb == "show" and words.plain[1:2] in (["tables"], ["views"]) and len(outcome.names) >= NAMED:
        return sorted((row[1] for row in outcome.rows), key=java_order)
    lines = ["\t".join(row) for row in outcome.rows]
    return lines if words.orders else sorted(lines, key=java_order)
