"""The two engines behind the kernel: the local warehouse's own, and Apache Spark of the files' release."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import databricks_sql_kernel as kernel
import tables
from databricks_sql_kernel.testing import LocalWarehouse
from hive_text import column_texts
from sql_types import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from golden_files import Setting
    from typing_extensions import Self

ZONE = "America/Los_Angeles"
BINARY_STYLE = "spark.sql.binaryOutputStyle"
# The codes of errors after which the warehouse is not there: it ended, or it was ended for being late.
LOST = {"NetworkError", "Timeout", "Unavailable"}
CLASS = re.compile(r"\[([A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]")


@dataclass(frozen=True)
class Outcome:
    """What came of a statement: schema and rows as text; or an error's class, SQLSTATE and message; or the process ended."""

    schema: str = "struct<>"
    names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    error: tuple[str, str, str] | None = None
    ended: bool = False

    def __str__(self) -> str:
        """For a reader, the rows in lines."""
        if self.ended:
            return "the process ended, or the statement took too long"
        if self.error:
            return f"[{self.error[0]}] {self.error[1]} {self.error[2]}"
        return "\n".join([self.schema, *("\t".join(row) for row in self.rows)])


class Engine(Protocol):
    """What runs statements: the name that it has for Spark's catalog, and how its errors are read."""

    catalog: str
    # The longest that a statement may take, in seconds.
    limit: float
    # Spark itself has errors without a name, describes its own storage, and need not be asked in each configuration.
    is_spark: bool
    # The classes of the errors with which the warehouse answers for itself what Spark would answer otherwise.
    uncarried: frozenset[str]

    def start(self, settings: Sequence[Setting]) -> Run:
        """A run with its settings made."""

    def stop(self) -> None:
        """Ends what runs."""


class Embedded:
    """The local warehouse's own engine: a process for each run of a file, so that nothing of another run is left."""

    catalog = "main"
    limit = 20.0
    is_spark = False
    uncarried: frozenset[str] = frozenset()

    def __init__(self, folder: Path) -> None:
        """Takes the folder with the suite's tables."""
        self.folder = folder

    def start(self, settings: Sequence[Setting]) -> Run:
        """A run with its settings made."""
        warehouse = LocalWarehouse(data=self.folder, scale_factor=0.01).start()
        return Run(warehouse, settings, self.limit, owned=True)

    def stop(self) -> None:
        """Nothing is left to stop."""


class Spark:
    """Apache Spark behind the same warehouse, as its users start a Spark Connect server. Sessions share its catalog."""

    catalog = "spark_catalog"
    limit = 300.0
    is_spark = True
    # Types that results cannot hold; and settings, which the warehouse keeps itself.
    uncarried = frozenset({"UNSUPPORTED_DATATYPE", "CONFIG_NOT_AVAILABLE", "SQL_CONF_NOT_FOUND"})

    def __init__(self, python: str, folder: Path) -> None:
        """Starts Spark with the pyspark of an interpreter, and makes the suite's tables."""
        asked = subprocess.run(
            [python, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, text=True, check=True
        )
        home = Path(asked.stdout.strip())
        java = f"-Duser.timezone={ZONE} -Duser.language=en -Duser.country=US"
        settings = {
            "spark.master": "local[2]",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": "3g",
            "spark.driver.extraJavaOptions": java,
            "spark.ui.enabled": "false",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": "0",
            "spark.local.dir": str(folder / "work"),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            # What the suite sets for all of its files.
            "spark.sql.shuffle.partitions": "4",
            "spark.sql.session.timeZone": ZONE,
            "spark.sql.timeType.enabled": "true",
            "spark.sql.geospatial.enabled": "true",
            "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
        }
        self.process = subprocess.Popen(
            [
                str(home / "bin" / "spark-submit"),
                *(part for name, value in settings.items() for part in ("--conf", f"{name}={value}")),
                "--class",
                "org.apache.spark.sql.connect.service.SparkConnectServer",
                "spark-internal",
            ],
            env=os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
            cwd=folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = self._port()
        threading.Thread(target=self._follow, daemon=True).start()
        self.warehouse = LocalWarehouse(arguments=["--engine", f"sc://127.0.0.1:{self.port}"], start_limit=120).start()
        with self.start([]) as run:
            for name in tables.NAMES:
                made = run.execute(f"CREATE TABLE {name} USING parquet AS SELECT * FROM parquet.`{folder}/{name}.parquet`")
                if made.error or made.ended:
                    raise RuntimeError(f"{name}: {made}")

    def _port(self) -> int:
        log: Any = self.process.stderr
        lines = []
        for line in log:
            lines.append(line)
            if found := re.search(r"server started at: .*:(\d+)$", line):
                return int(found.group(1))
        raise RuntimeError("Spark ended before it was ready:\n" + "".join(lines[-20:]))

    def _follow(self) -> None:
        for _ in self.process.stderr or ():
            pass

    def start(self, settings: Sequence[Setting]) -> Run:
        """A session with its settings made."""
        return Run(self.warehouse, settings, self.limit, owned=False)

    def stop(self) -> None:
        """Ends Spark."""
        self.warehouse.stop()
        self.process.terminate()
        self.process.wait()


class Run:
    """A session in which one file's statements are run in their order."""

    def __init__(self, warehouse: LocalWarehouse, settings: Sequence[Setting], limit: float, *, owned: bool) -> None:
        """Opens it; `owned` says that the warehouse is this run's alone and ends with it."""
        self.warehouse, self.limit, self.owned = warehouse, limit, owned
        self.binary_style = dict(settings).get(BINARY_STYLE, "UTF-8")
        self.session = kernel.Session(
            **warehouse.connect_arguments(),
            session_conf={"TIMEZONE": ZONE},
            intervals_as_string=True,
            enable_geospatial_support=False,
            retry_max_attempts=1,
            request_timeout_secs=limit + 20,
        )
        self.refused_settings = [outcome for key, value in settings if (outcome := self.execute(f"SET {key}={value}")).error]

    def execute(self, sql: str) -> Outcome:
        """Runs a statement and reads all of its answer. One that takes too long is ended with its warehouse."""
        watch = threading.Timer(self.limit, self._end) if self.owned else threading.Timer(self.limit, lambda: None)
        watch.start()
        try:
            statement = self.session.statement()
            statement.set_sql(sql)
            executed = statement.execute()
            table = executed.fetch_all_arrow()
            executed.close()
        except kernel.KernelError as error:
            if error.code in LOST:
                return Outcome(ended=True)
            named = CLASS.match(error.message)
            return Outcome(error=(named.group(1) if named else "", error.sql_state or "", error.message))
        finally:
            watch.cancel()
        return self._answer(table)

    def _answer(self, table: pa.Table) -> Outcome:
        fields = [table.schema.field(at) for at in range(table.num_columns)]
        types = [parse((field.metadata or {}).get(b"databricks.type_text", b"").decode()) for field in fields]
        schema = ",".join(f"{field.name}:{sql_type}" for field, sql_type in zip(fields, types, strict=True))
        columns = [column_texts(column, sql_type, self.binary_style) for column, sql_type in zip(table.columns, types, strict=True)]
        return Outcome(f"struct<{schema}>", tuple(table.column_names), tuple(zip(*columns, strict=True)))

    def _end(self) -> None:
        os.kill(self.warehouse.process_id, signal.SIGKILL)

    def __enter__(self) -> Self:
        """The run itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the session, and with it a warehouse of its own."""
        if self.owned:
            self.warehouse.stop()
            return
        self.session.close()
