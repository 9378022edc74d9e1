"""The kept verdicts: a line for each file, the letters of its statements in runs, such as `12= 3r =`."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from judge import EQUAL, HANGS, OWED, REFUSED, UNSTEADY

if TYPE_CHECKING:
    from pathlib import Path

HEADING = """\
# What came of each statement of Spark's golden files, in their order: `make golden` writes it, and fails when a statement that was
# equal (=) is not. r refused by name, h hangs on one before it, - not judged, ~ (set by hand) not judged because its rows follow
# from an order that it does not ask for and come now so, now otherwise, o (set by hand) was equal and is refused, or hangs, until
# the engine plans all of its kind as Spark does; failures: x process ended or too late, d different rows, w rows where Spark fails,
# n another name for what Spark has, c another error class, s different schema or order.
"""


def read(path: Path) -> dict[str, str]:
    """The letters of each file; none when there is no such list yet."""
    if not path.exists():
        return {}
    lines = (line.partition(": ") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: "".join(letter * int(count or 1) for count, letter in re.findall(r"(\d*)(\S)", runs)) for name, _, runs in lines}


def write(path: Path, verdicts: dict[str, str]) -> None:
    """Writes all files, by name."""
    lines = [f"{name}: {' '.join(_runs(letters))}\n" for name, letters in sorted(verdicts.items())]
    path.write_text(HEADING + "".join(lines), encoding="utf-8")


def _runs(letters: str) -> list[str]:
    runs = [(letter, len(list(run))) for letter, run in itertools.groupby(letters)]
    return [f"{count if count > 1 else ''}{letter}" for letter, count in runs]


def fallen(before: str, after: str) -> list[int]:
    """The numbers, from 1, of the statements that were equal and are not, and of those that are owed and came as a failure."""
    pairs = itertools.zip_longest(before, after, fillvalue="")
    allowed = {EQUAL: {EQUAL}, OWED: {EQUAL, REFUSED, HANGS}}
    return [number for number, (was, comes) in enumerate(pairs, 1) if comes not in allowed.get(was, {comes})]


def kept(before: str, after: str) -> str:
    """What is written: what was equal, is owed until it is equal again, or is marked as unsteady stays so, whatever came."""
    pairs = itertools.zip_longest(before[: len(after)], after, fillvalue="")
    return "".join(was if was in {EQUAL, UNSTEADY} or (was == OWED and comes != EQUAL) else comes for was, comes in pairs)


def steady(before: str, after: str) -> str:
    """What came, but for what is marked as unsteady."""
    pairs = itertools.zip_longest(before[: len(after)], after, fillvalue="")
    return "".join(was if was == UNSTEADY else comes for was, comes in pairs)
