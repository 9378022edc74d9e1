"""Runs the benchmarks and prints their table: this kernel, the published wheel, the limit program and an earlier kernel, by turns.

Each run has a process of its own.

Usage: python run.py BINARIES OURS PUBLISHED WHEEL [SCENARIO…]. ROUNDS (7) says how often each runs, BASE_PYTHON names an
interpreter with an earlier wheel of this kernel.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).parent
MIB: Final = 1 << 20
# Rows of a chunk of 13.0 MB, 7.9 MB in LZ4.
LARGE: Final = 151_000
BUDGET: Final = 64 * MIB


@dataclass(frozen=True)
class Scenario:
    """What is run, and what is to be reached."""

    name: str
    title: str
    kind: str
    chunks: int = 0
    rows: int = 0
    latency_ms: int = 0
    rate: int = 0
    # What the server says of every size; 0 is the truth.
    announced: int = 0
    count: int = 1
    # Connections of the limit program; 0 where it has no say.
    connections: int = 0
    # What is to be reached against the wheel, by measure, and in throughput against the limit program.
    targets: tuple[tuple[str, float], ...] = ()
    limit_target: float | None = None

    @property
    def spec(self) -> str:
        """As the server takes it in a path."""
        return f"{self.chunks}-{self.rows}-{self.latency_ms}-{self.rate}-{self.announced}"

    @property
    def sql(self) -> str:
        """As the server takes it in a statement."""
        if self.kind == "many":
            return "SELECT 1"
        sizes = f"chunks={self.chunks} rows={self.rows} announced={self.announced}"
        return f"bench {sizes} latency_ms={self.latency_ms} rate={self.rate}"


SCENARIOS: Final = (
    Scenario(
        "stream",
        "stream, 40 chunks",
        "stream",
        40,
        LARGE,
        connections=2,
        targets=(("seconds", 1 / 1.5), ("cpu", 0.75), ("peak", 0.5)),
        limit_target=0.8,
    ),
    Scenario("wrong-sizes", "the same, every size announced as 1,000 bytes", "stream", 40, LARGE, announced=1000),
    Scenario("fetch-all", "fetch all, 40 chunks", "fetch_all", 40, LARGE, targets=(("seconds", 1 / 1.3),)),
    Scenario("small", "small query", "many", count=300, targets=(("p50", 0.9),)),
    Scenario(
        "slow-line",
        "50 ms to the first byte, 40 MB/s a connection",
        "stream",
        40,
        LARGE,
        50,
        40_000_000,
        connections=16,
        targets=(("seconds", 0.8), ("peak", 0.5)),
    ),
    Scenario("small-chunks", "1,000 chunks of 100 kB", "stream", 1000, LARGE // 130, connections=2),
    Scenario("one-chunk", "one chunk of 200 MB", "stream", 1, LARGE * 15, connections=1),
    Scenario("at-once", "64 results at once, 4 chunks of 1.3 MB each", "at_once", 4, LARGE // 10, count=64),
    Scenario("chunks-10", "10 chunks of 13 MB", "stream", 10, LARGE),
    Scenario("chunks-1000", "1,000 chunks of 13 MB", "stream", 1000, LARGE),
    Scenario("rows", "rows through the connector's fetchall", "rows", 2, LARGE, targets=(("seconds", 1.0),)),
)
# What is printed of each measure: its name, its unit, and how many of the measured make one.
UNITS: Final = {
    "seconds": ("wall", "s", 1.0),
    "cpu": ("CPU", "s", 1.0),
    "peak": ("peak over base", "MiB", float(MIB)),
    "p50": ("p50", "ms", 0.001),
    "p95": ("p95", "ms", 0.001),
}

# Who is measured, and what a ratio to them is called.
COLUMNS: Final = {"ours": "this kernel", "published": "wheel 1.3.0", "limit": "limit program", "base": "earlier kernel"}
AGAINST: Final = {"published": "the wheel", "limit": "the limit", "base": "the earlier"}

Run = dict[str, float]


def run_client(python: str, url: str, scenario: Scenario) -> Run:
    """One run of a Python client."""
    command = [python, str(HERE / "client.py"), scenario.kind, url, scenario.sql, str(scenario.count)]
    figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    answer = figures.pop("answer")
    if isinstance(answer, dict):
        return {**answer, "cpu": figures["cpu"] / scenario.count}
    expected = scenario.chunks * scenario.rows * scenario.count
    assert answer == expected, f"{scenario.name}: {answer} rows instead of {expected}"
    return figures


def run_limit(binaries: Path, address: str, scenario: Scenario) -> Run:
    """One run of the limit program."""
    command = [str(binaries / "bench-limit"), address, scenario.spec, str(scenario.chunks), str(scenario.connections)]
    before = getrusage(RUSAGE_CHILDREN)
    figures: Run = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    after = getrusage(RUSAGE_CHILDREN)
    figures["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return figures


def contestants() -> list[str]:
    """Who takes part, in the order of the columns."""
    return ["ours", "published", "limit", *(["base"] if os.environ.get("BASE_PYTHON") else [])]


def summary(what: str, measure: str, figure: str, reach: str) -> str:
    """A line of the table that has one figure of its own."""
    return f"| {what} | {measure} | {figure} |{' |' * (2 * len(contestants()) - 2)} {reach} |"


def measure(scenario: Scenario, binaries: Path, url: str, pythons: dict[str, str], rounds: int) -> dict[str, list[Run]]:
    """All runs of a scenario, by turns; the first of each is thrown away."""
    address = url.removeprefix("http://")
    order = [*pythons, *(["limit"] if scenario.connections else [])]
    runs: dict[str, list[Run]] = {name: [] for name in order}
    for number in range(rounds + 1):
        turn = number % len(order)
        for name in order[turn:] + order[:turn]:
            run = run_limit(binaries, address, scenario) if name == "limit" else run_client(pythons[name], url, scenario)
            if number:
                runs[name].append(run)
        print(f"{scenario.name}: round {number} of {rounds}", file=sys.stderr)
    return runs


def ratio(runs: dict[str, list[Run]], measure: str, over: str) -> float:
    """The median of the ratios of neighbouring runs."""
    return median(ours[measure] / max(theirs[measure], 1e-9) for ours, theirs in zip(runs["ours"], runs[over], strict=True))


def lines(scenario: Scenario, runs: dict[str, list[Run]]) -> list[str]:
    """The scenario's part of the table."""
    result = []
    targets = dict(scenario.targets)
    title = scenario.title
    for measure, (name, unit, factor) in UNITS.items():
        if measure not in runs["ours"][0]:
            continue
        cells = [f"{median(run[measure] for run in runs[who]) / factor:.3g} {unit}" if who in runs else "" for who in contestants()]
        ratios = [f"{ratio(runs, measure, who):.2f}" if who in runs else "" for who in contestants()[1:]]
        reach = [f"<= {targets[measure]:.2f}"] if measure in targets else []
        if measure == "seconds" and scenario.limit_target:
            reach.append(f"limit <= {1 / scenario.limit_target:.2f}")
        result.append(f"| {title} | {name} | {' | '.join(cells)} | {' | '.join(ratios)} | {', '.join(reach)} |")
        title = ""
    return result


# In MB.
MOST_OF_LIBRARY = 8.5


def library_size(wheel: Path) -> float:
    """The native library in a wheel, in MB."""
    with zipfile.ZipFile(wheel) as archive:
        return max(entry.file_size for entry in archive.infolist() if ".so" in entry.filename) / 1e6


def machine() -> str:
    """What this runs on."""
    models = {
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    }
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} x {', '.join(models)}, {memory:.0f} GiB, {system}"


def start(binaries: Path) -> tuple[subprocess.Popen[str], str]:
    """The server, and where it listens."""
    server = subprocess.Popen([str(binaries / "bench-server")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip().removeprefix("listening on ")


def main() -> None:
    """Runs what was asked for and prints the table."""
    binaries, ours, published, wheel, *names = sys.argv[1:]
    rounds = int(os.environ.get("ROUNDS", "7"))
    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    pythons = {"ours": ours, "published": published}
    if base := os.environ.get("BASE_PYTHON"):
        pythons["base"] = base
    server, url = start(Path(binaries))
    try:
        measured = {scenario.name: measure(scenario, Path(binaries), url, pythons, rounds) for scenario in chosen}
    finally:
        server.kill()
        server.wait()
    columns = [COLUMNS[who] for who in contestants()] + [f"against {AGAINST[who]}" for who in contestants()[1:]]
    header = f"| scenario | measure | {' | '.join(columns)} | to reach |"
    table = [
        f"Machine: {machine()}. Medians of {rounds} rounds, by turns; a ratio is the median of the rounds' ratios.",
        "",
        header,
        "|---" * (2 * len(contestants()) + 2) + "|",
    ]
    for scenario in chosen:
        table += lines(scenario, measured[scenario.name])
    if "fetch-all" in measured:
        decoded = decoded_size(next(scenario for scenario in chosen if scenario.name == "fetch-all"), measured)
        table.append(decoded)
    if {"chunks-10", "chunks-1000"} <= measured.keys():
        few, many = (median(run["peak"] for run in measured[name]["ours"]) for name in ("chunks-10", "chunks-1000"))
        table.append(summary("1,000 chunks against 10", "peak over base", f"{many / few:.2f}", "0.90 to 1.10"))
    if {"stream", "wrong-sizes"} <= measured.keys():
        true, wrong = (median(run["seconds"] for run in measured[name]["ours"]) for name in ("stream", "wrong-sizes"))
        table.append(summary("wrong sizes against true ones", "wall", f"{wrong / true:.2f}", "<= 1.05"))
    size = library_size(Path(wheel))
    table.append(summary("library in the wheel", "size", f"{size:.2f} MB", f"<= {MOST_OF_LIBRARY} MB"))
    print("\n".join(table))
    if size > MOST_OF_LIBRARY:
        sys.exit(f"the library in the wheel has {size:.2f} MB, and may have {MOST_OF_LIBRARY}")


def decoded_size(scenario: Scenario, measured: dict[str, dict[str, list[Run]]]) -> str:
    """Fetch all: memory against the result and the budget."""
    streams = measured.get("stream", {}).get("limit")
    if not streams:
        return summary("fetch all", "peak against result + budget", "needs the scenario stream", "")
    allowed = 1.05 * (streams[0]["decoded"] + BUDGET)
    peak = median(run["peak"] for run in measured[scenario.name]["ours"])
    return summary("fetch all", "peak / (result + budget)", f"{1.05 * peak / allowed:.2f}", "<= 1.05")


if __name__ == "__main__":
    main()
