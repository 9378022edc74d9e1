"""The table of a run: by area, by file, as text and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions import FOLDER
from judge import EQUAL, FAILURES, HANGS, NOT_JUDGED, REFUSED, UNSTEADY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COLUMNS = {EQUAL: "equal", REFUSED: "refused", HANGS: "hang on one before", **FAILURES}
SHORT = ["statements", "equal", "refused", "hang", "ended", "rows", "not failed", "name", "class", "schema", "not judged"]
EXAMPLES = "functions"
# What `make dialect` writes begins with this line, and stays.
DIALECT = "## The statements of tests/dialect"

Outside = dict[str, tuple[str, int]]


def counts(letters: str) -> list[int]:
    """How many statements, and of each letter, those that are not judged last."""
    return [len(letters), *(letters.count(letter) for letter in COLUMNS), not_judged(letters)]


def not_judged(letters: str) -> int:
    """How many statements are run and not judged."""
    return letters.count(NOT_JUDGED) + letters.count(UNSTEADY)


def in_words(letters: str) -> str:
    """One line."""
    numbers = zip(counts(letters), SHORT, strict=True)
    return ", ".join(f"{count} {word}" for count, word in numbers if count)


def area(name: str) -> str:
    """The folder of a file."""
    return name.partition("/")[0] if "/" in name else "(top)"


def by_area(letters: dict[str, str]) -> dict[str, str]:
    """The letters of each area and of all golden files, and those of the examples of functions by themselves."""
    files, examples = in_files(letters), in_examples(letters)
    areas: dict[str, str] = {}
    for name, of_file in files.items():
        areas[area(name)] = areas.get(area(name), "") + of_file
    everything = {**dict(sorted(areas.items())), "all": "".join(files.values())}
    return {**everything, EXAMPLES: "".join(examples.values())} if examples else everything


def in_files(letters: dict[str, str]) -> dict[str, str]:
    """The letters of the golden files alone."""
    return {name: of_file for name, of_file in letters.items() if not name.startswith(FOLDER)}


def in_examples(letters: dict[str, str]) -> dict[str, str]:
    """The letters of the examples of functions alone."""
    return {name: of_file for name, of_file in letters.items() if name.startswith(FOLDER)}


def share(letters: str) -> str:
    """The percentage of the equal ones among those that are judged."""
    judged = len(letters) - not_judged(letters)
    return f"{100 * letters.count(EQUAL) / judged:.1f} %" if judged else "-"


def as_text(letters: dict[str, str], outside: Outside) -> str:
    """The table by area."""
    lines = [f"{'':<16}" + "".join(f"{word:>11}" for word in SHORT) + f"{'equal':>9}"]
    for name, of_area in by_area(letters).items():
        lines.append(f"{name:<16}" + "".join(f"{count:>11}" for count in counts(of_area)) + f"{share(of_area):>9}")
    lines.append(f"left out: {len(outside)} files with {sum(count for _, count in outside.values())} statements")
    return "\n".join(lines)


def rows(named: Iterable[tuple[str, str]]) -> list[str]:
    """The lines of a Markdown table."""
    head = f"| | {' | '.join(SHORT)} | equal |"
    lines = [head, "|---|" + "--:|" * (len(SHORT) + 1)]
    return [*lines, *(f"| {name} | {' | '.join(map(str, counts(of)))} | {share(of)} |" for name, of in named)]


def write(path: Path, letters: dict[str, str], outside: Outside) -> None:
    """Writes the table into a file, before what `make dialect` has written there."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    rest = before[before.index(DIALECT) :] if DIALECT in before else ""
    path.write_text(markdown(letters, outside) + rest, encoding="utf-8")


def markdown(letters: dict[str, str], outside: Outside) -> str:
    """All of it."""
    everything = "".join(in_files(letters).values())
    examples = "".join(in_examples(letters).values())
    failed = sum(everything.count(letter) for letter in FAILURES)
    reasons: dict[str, list[int]] = {}
    for reason, count in outside.values():
        reasons.setdefault(reason, []).append(count)
    lost = [f"{len(of)} files with {sum(of):,} statements ({reason})" for reason, of in reasons.items()]
    total = len(everything) + sum(count for _, count in outside.values())
    judged = len(everything) - not_judged(everything)
    parts = ", ".join(f"{everything.count(letter):,} {word}" for letter, word in ((REFUSED, "refused"), (HANGS, "hang")))
    lines = [
        "# What the embedded engine answers as Apache Spark does",
        "",
        "Written by `make golden`, which runs the golden files of Spark's own tests (release 4.2.0) through the kernel",
        "and compares schemas, rows and error classes. Each statement is **equal**; **refused** by name (SQLSTATE 0A000);",
        "it **hangs** on one before it that was refused or failed, whose table, view or setting it names; or it is a failure:",
        "",
        *(f"- *{short}*: {long}" for short, long in zip(SHORT[4:10], FAILURES.values(), strict=True)),
        "",
        f"{len(in_files(letters)) + len(outside)} files have {total:,} statements. Left out: {'; '.join(lost)}.",
        f"{not_judged(everything)} more are run and not judged: they show plans, take functions or sources that the suite has in",
        "Scala, or give rows that follow from an order that they do not ask for.",
        f"Of {judged:,} judged ones {everything.count(EQUAL):,} are equal ({share(everything)}), {parts}, {failed:,} fail.",
        f"Beside them {len(examples):,} examples of Spark's functions are run, as DESCRIBE FUNCTION EXTENDED shows them:",
        f"{examples.count(EQUAL)} are equal ({share(examples)}).",
        "A file with several configurations runs once with each, and a statement has the worst of its verdicts.",
        "",
        "## By area",
        "",
        *rows(by_area(letters).items()),
        "",
        "## By file",
        "",
        *rows(sorted(letters.items())),
        "",
    ]
    return "\n".join(lines) + "\n"


def differences(letters: dict[str, str]) -> int:
    """How many judged statements are not equal, but for those that hang on one of them or on one that is not judged."""
    everything = "".join(letters.values())
    return sum(everything.count(letter) for letter in (REFUSED, *FAILURES))
