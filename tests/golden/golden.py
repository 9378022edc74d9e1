"""Runs Spark's own golden files through the kernel, on an engine of the local warehouse, and judges each statement.

Every file runs from top to bottom in a session of its own, once for each of its configurations; of several runs a statement has the
worst verdict. What was equal must stay equal: `verdicts.txt` holds that list.

    golden.py JAR [--engine embedded|spark] [--tenth] [--report FILE] [--failures FILE] [FILE.sql ...]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import failures
import functions
import golden_files
import report
import tables
import verdicts
from engines import Embedded, Spark
from failures import Failure
from judge import FAILURES, NOT_JUDGED, WORST, Judge, left_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engines import Engine, Outcome
    from golden_files import Golden, GoldenFile, Setting

HERE = Path(__file__).parent
KEPT = HERE / "verdicts.txt"
TENTH = 10
EXAMPLES = "examples-4.2.0.json"


@dataclass(frozen=True)
class Judged:
    """A file's letters, and its failures."""

    file: str
    letters: str
    failures: list[Failure]
    seconds: float


def judge_file(engine: Engine, file: GoldenFile) -> Judged:
    """Runs a file with each of its configurations."""
    started = time.monotonic()
    letters = [NOT_JUDGED] * len(file.statements)
    failed: dict[int, Failure] = {}
    runs = file.runs[:1] if engine.is_spark else file.runs
    for settings in runs:
        for at, (golden, letter, outcome) in enumerate(judge_run(engine, file, settings)):
            if WORST.index(letter) < WORST.index(letters[at]):
                letters[at] = letter
                if letter in FAILURES:
                    expected = f"{golden.schema}\n{golden.outputs[0]}"
                    failed[at] = Failure(file.name, at + 1, letter, golden.sql, expected, str(outcome))
    return Judged(file.name, "".join(letters), list(failed.values()), time.monotonic() - started)


def judge_run(engine: Engine, file: GoldenFile, settings: tuple[Setting, ...]) -> Iterator[tuple[Golden, str, Outcome]]:
    """One run: each statement, its letter and what came."""
    settings = (*suite_settings(file.name), *settings)
    judge = Judge(engine)
    run = engine.start(settings)
    judge.adrift = bool(run.refused_settings)
    done: list[str] = []
    try:
        for golden in file.statements:
            sql = judge.sql(golden)
            outcome = run.execute(sql)
            yield golden, judge.verdict(golden, outcome), outcome
            if outcome.ended:
                # The rest goes on in a new process, in which all but the deadly ones were run.
                run.__exit__()
                run = engine.start(settings)
                for again in done:
                    run.execute(again)
            else:
                done.append(sql)
    finally:
        run.__exit__()


def suite_settings(name: str) -> list[Setting]:
    """What Spark's suite sets for the files of a folder."""
    if name.startswith("postgreSQL/"):
        return [("spark.sql.ansi.enabled", "true"), ("spark.sql.legacy.interval.enabled", "true")]
    if name.startswith("nonansi/"):
        return [("spark.sql.ansi.enabled", "false")]
    if name.startswith("timestampNTZ/"):
        return [("spark.sql.timestampType", "TIMESTAMP_NTZ")]
    return [("spark.sql.ansi.enabled", "true")]


def in_tenth(name: str) -> bool:
    """Whether a file is one of the fixed tenth, by a byte of its name's hash that leaves the slowest files out."""
    return hashlib.sha256(name.encode()).digest()[1] % TENTH == 0


class Resumed:
    """The files that an interrupted run of the same programs has judged; they are forgotten when a run is complete."""

    def __init__(self, jar: Path, engine: str) -> None:
        """Finds what is there for these sources, this warehouse and this engine."""
        key = hashlib.sha256(engine.encode())
        program = Path(os.environ["LOCAL_WAREHOUSE_BIN"])
        for source in sorted(HERE.glob("*.py")):
            key.update(source.read_bytes())
        key.update(f"{program.stat().st_mtime_ns} {program.stat().st_size} {program}".encode())
        self.path = jar.parent / f"judged-{engine}-{key.hexdigest()[:16]}.jsonl"
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.judged = {judged.file: judged for judged in map(self._read, lines)}

    @staticmethod
    def _read(line: str) -> Judged:
        fields = json.loads(line)
        return Judged(**{**fields, "failures": [Failure(**failure) for failure in fields["failures"]]})

    def add(self, judged: Judged) -> None:
        """Notes a file."""
        self.judged[judged.file] = judged
        with self.path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(judged)) + "\n")

    def forget(self) -> None:
        """The run is complete."""
        self.path.unlink(missing_ok=True)


@contextmanager
def started(jar: Path, name: str) -> Iterator[Engine]:
    """An engine with the tables of the suite."""
    with tempfile.TemporaryDirectory(prefix="golden-") as folder:
        tables.write(jar, Path(folder))
        spark = os.environ.get("GOLDEN_SPARK_PYTHON", "")
        engine: Engine = Spark(spark, Path(folder)) if name == "spark" else Embedded(Path(folder))
        try:
            yield engine
        finally:
            engine.stop()


def run_all(jar: Path, files: list[GoldenFile], options: argparse.Namespace) -> dict[str, Judged]:
    """Judges the files, the longest first; on the embedded engine two at a time."""
    resumed = Resumed(jar, options.engine)
    missing = [file for file in files if file.name not in resumed.judged]
    missing.sort(key=lambda file: -len(file.statements) * len(file.runs))
    # The files share Spark's catalog and have tables of the same names; Spark uses the machine by itself.
    with started(jar, options.engine) as engine, ThreadPoolExecutor(1 if engine.is_spark else 2) as pool:
        for done in as_completed([pool.submit(judge_file, engine, file) for file in missing]):
            of_file = done.result()
            resumed.add(of_file)
            if options.verbose:
                print(f"{of_file.seconds:6.1f} s  {of_file.file}: {report.in_words(of_file.letters)}", flush=True)
    judged = {file.name: resumed.judged[file.name] for file in files}
    resumed.forget()
    return judged


def examples(jar: Path) -> list[GoldenFile]:
    """The examples of Spark's functions, which Spark is asked for the first time."""
    kept = jar.with_name(EXAMPLES)
    if not kept.exists():
        with started(jar, "spark") as engine:
            functions.fetch(engine, kept)
    return functions.read(kept)


def falls(letters: dict[str, str], before: dict[str, str]) -> list[str]:
    """The statements that were equal and are not."""
    return [
        f"{name} {number}: {of_file[number - 1 : number] or 'gone'}"
        for name, of_file in letters.items()
        for number in verdicts.fallen(before.get(name, ""), of_file)
    ]


def main() -> int:
    """Runs, prints, and fails when a statement has fallen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jar", type=Path, help="the jar of Spark's tests")
    parser.add_argument("--engine", choices=["embedded", "spark"], default="embedded")
    parser.add_argument(
        "--tenth", action="store_true", help="a fixed tenth of the files, whose verdicts are compared and not written"
    )
    parser.add_argument("--report", type=Path, help="where to write the table")
    parser.add_argument("--failures", type=Path, help="where to write each failed statement in full")
    parser.add_argument("--verbose", action="store_true", help="a line for each file")
    parser.add_argument("files", nargs="*", help="names of files, to run these alone")
    options = parser.parse_intermixed_args()
    began = time.monotonic()
    files = golden_files.read(options.jar) + ([] if options.tenth else examples(options.jar))
    outside = {file.name: (reason, len(file.statements)) for file in files if (reason := left_out(file.name))}
    inside = [file for file in files if file.name not in outside]
    chosen = [
        file for file in inside if (not options.files or file.name in options.files) and (not options.tenth or in_tenth(file.name))
    ]
    judged = run_all(options.jar, chosen, options)
    before = verdicts.read(KEPT) if options.engine == "embedded" else {}
    letters = {name: verdicts.steady(before.get(name, ""), of_file.letters) for name, of_file in judged.items()}
    print(report.as_text(letters, outside))
    print(f"{len(letters)} files in {time.monotonic() - began:.0f} s")
    if options.failures:
        failures.write(options.failures, (failure for of_file in judged.values() for failure in of_file.failures))
    if options.engine == "spark":
        return 1 if report.differences(letters) else 0
    fell = falls(letters, before)
    if len(chosen) == len(inside):
        verdicts.write(KEPT, {name: verdicts.kept(before.get(name, ""), of_file) for name, of_file in letters.items()})
        if options.report:
            report.write(options.report, letters, outside)
    for line in fell:
        print(f"FELL  {line}")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
