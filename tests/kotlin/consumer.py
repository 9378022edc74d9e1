"""A fresh Maven project outside the tree takes the jar from the local repository and runs the READMEs' examples by plain `java`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "kotlin-pkg" / "README.md"]
BLOCK = re.compile(r"^```(kotlin|java)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

KOTLIN_FRAME = """
import com.databricks.sql.kernel.*
import com.databricks.sql.kernel.testing.*
import java.time.*
import kotlinx.coroutines.*
import kotlinx.coroutines.flow.*

private suspend fun example(session: Session, config: SessionConfig) {{
{body}
}}

fun main() = runBlocking {{
    LocalWarehouse().use {{ warehouse -> warehouse.connect().use {{ example(it, warehouse.config()) }} }}
}}
"""
JAVA_FRAME = """
import com.databricks.sql.kernel.*;
import com.databricks.sql.kernel.testing.*;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import org.apache.arrow.vector.*;

class {name} {{
    private static void example(Session session, SessionConfig config) throws Exception {{
{body}
    }}

    public static void main(String[] arguments) throws Exception {{
        try (LocalWarehouse warehouse = new LocalWarehouse(); Session session = warehouse.connect()) {{
            example(session, warehouse.config());
        }}
    }}
}}
"""
# Columns without Arrow: the error must say what is missing.
WITHOUT_ARROW = """
import com.databricks.sql.kernel.*
import com.databricks.sql.kernel.testing.LocalWarehouse

fun main() = LocalWarehouse().use { warehouse ->
    warehouse.connect().use { session ->
        session.execute("SELECT 1 AS n").use { result ->
            val error = runCatching { result.columns() }.exceptionOrNull()
            check(error is KernelException.InvalidState && "arrow-vector" in error.message!!) { error.toString() }
            check(result.rows().single().getInt("n") == 1)
        }
    }
}
"""


def examples() -> list[tuple[str, str, str]]:
    """The name, the language and the source of each block of code for the JVM."""
    found = []
    for readme in READMES:
        if {language for language, _ in BLOCK.findall(readme.read_text())} != {"kotlin", "java"}:
            sys.exit(f"consumer: {readme} has not both an example in Kotlin and one in Java")
        for number, block in enumerate(BLOCK.finditer(readme.read_text()), 1):
            found.append((f"{readme.parent.name.replace('-', '').capitalize()}{number}", *block.groups()))
    return found


def write(project: Path, name: str, language: str, body: str) -> str | None:
    """Writes one example, in a frame if it is no program of its own; answers its main class, and none for a JUnit test."""
    package = name.lower()
    if language == "kotlin":
        source = body if "fun main(" in body else KOTLIN_FRAME.format(body=body)
        file, main = project / "src/main/kotlin" / package / f"{name}.kt", f"{package}.{name}Kt"
        source = f"package {package}\n\n{source}"
    else:
        own = re.search(r"^class (\w+)", body, re.MULTILINE)
        main_class = own.group(1) if own else name
        source = f"package {package};\n\n{body if own else JAVA_FRAME.format(name=name, body=body)}"
        kind = "test" if "@Test" in body else "main"
        file, main = (
            project / f"src/{kind}/java" / package / f"{main_class}.java",
            f"{package}.{main_class}" if kind == "main" else None,
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)
    return main


def main() -> None:
    """Builds the project, runs every example, and rows without Arrow."""
    repository = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "databricks-sql-kernel" / "m2"
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "pom.xml").write_text((ROOT / "tests/kotlin/consumer-pom.xml").read_text())
        programs = [(write(project, *example), example[2]) for example in examples()]
        without_arrow = write(project, "WithoutArrow", "kotlin", WITHOUT_ARROW)
        maven = ["mvn", "--quiet", "--batch-mode", f"-Dmaven.repo.local={repository}", "--file", str(project / "pom.xml")]
        subprocess.run(
            [*maven, "test", "dependency:build-classpath", "-DincludeScope=runtime", "-Dmdep.outputFile=target/classpath"],
            check=True,
        )
        if not list((project / "target/surefire-reports").glob("*.xml")):
            sys.exit("consumer: the READMEs' JUnit test did not run")
        jars = (project / "target/classpath").read_text().split(os.pathsep)
        if any(Path(jar).is_relative_to(ROOT) for jar in jars):
            sys.exit("consumer: the class path reaches into the tree")
        plain = [jar for jar in jars if "arrow" not in Path(jar).name and "flatbuffers" not in Path(jar).name]
        for main_class, source in programs:
            if main_class is not None:
                run(project, jars if "columns()" in source else plain, main_class)
        if without_arrow:
            run(project, plain, without_arrow)
        print(f"ran {len(programs)} examples of the READMEs, and rows with no Arrow on the class path")


def run(project: Path, jars: list[str], main_class: str) -> None:
    """Runs one program without any flag of the JVM's but a small heap."""
    command = ["java", "-Xmx128m", "-cp", os.pathsep.join([str(project / "target/classes"), *jars]), main_class]
    ran = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    if ran.returncode:
        sys.exit(f"consumer: {main_class} failed\n{ran.stdout}{ran.stderr}")


if __name__ == "__main__":
    main()
