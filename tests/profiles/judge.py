"""Reads every profile of `cases.py` as databricks-sdk does and as the kernel does, and compares what comes of it.

Compared are host, warehouse, auth type, every value and the kind of its source, and whether it fails. The SDK's own code is
what is asked, over hosts on loopback. Where the kernel means to differ, `differs` says so by name, and that is printed.
Arguments: the program of `rust/main.rs`, then parts of cases' names.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cases import Case, cases
from databricks.sdk.config import Config
from databricks.sdk.credentials_provider import DefaultCredentials
from workspace import workspaces

COUNT = 300
PAGE = Path(__file__).resolve().parents[2] / "docs" / "profiles.md"
NOT_DONE = {
    "basic",
    "metadata-service",
    "github-oidc-azure",
    "azure-devops-oidc",
    "runtime-oauth",
    "runtime",
    "google-credentials",
    "google-id",
    "model-serving",
}
#: What the SDK's errors are called here.
WHYS = {
    "more than one authorization method configured": "more than one way to sign in is set",
    "profile configured": "there is no profile",
    "reserved section name": "which is none",
    "contains parsing errors": "cannot be read",
    "no section headers": "cannot be read",
    "already exists": "cannot be read",
    "invalid literal for int": "is not a whole number",
}


@dataclass
class Answer:
    """What came of a profile."""

    error: str | None = None
    auth_type: str | None = None
    host: str | None = None
    warehouse: str | None = None
    #: By field: the value, and where it came from.
    values: dict[str, tuple[object, str]] = field(default_factory=dict)


def ours(program: str, case: Case, environment: dict[str, str]) -> Answer:
    """The kernel's answer."""
    given = json.dumps(case.arguments)
    ran = subprocess.run([program], input=given, env=environment, capture_output=True, text=True, check=True, timeout=60)
    answer = json.loads(ran.stdout)
    if "error" in answer:
        return Answer(error=answer["error"])
    values = {name: (value, kind(source)) for name, value, source in answer["values"]}
    return Answer(None, answer["auth_type"], answer["host"], answer["http_path"], values)


def kind(source: str) -> str:
    """The kind of one of our sources."""
    return "file" if source.startswith("[") else source.split(" ")[1]


def theirs(case: Case, environment: dict[str, str]) -> Answer:
    """The SDK's answer, in this process."""
    os.environ.clear()
    os.environ.update(environment)
    answer = Answer()
    try:
        # The steps of its constructor that come before it asks anybody: what each of them sets tells the source.
        layers = Config.__new__(Config)
        layers._inner = {}  # noqa: SLF001
        steps = {
            "argument": lambda: layers._set_inner_config(dict(case.arguments)),  # noqa: SLF001
            "variable": layers._load_from_env,  # noqa: SLF001
            "file": layers._known_file_config_loader,  # noqa: SLF001
        }
        for source, step in steps.items():
            step()
            for name, value in layers.as_dict().items():
                answer.values.setdefault(name, (value, source))
        layers._fix_host_if_needed()  # noqa: SLF001
        answer.host, answer.warehouse = layers.host, layers.warehouse_id
        config = Config(**case.arguments, retry_timeout_seconds=1)
        answer.auth_type = config.auth_type
    except Exception as error:  # whatever it raises is its answer
        answer.error = str(error)
        chosen = re.match(r"default auth: ([a-z0-9-]+): ", answer.error)
        answer.auth_type = chosen and chosen[1]
    return answer


def differs(case: Case, sdk: Answer, kernel: Answer) -> str | None:
    """Why the kernel means to answer in another way than the SDK."""
    values = {name: value for name, (value, _) in sdk.values.items()}
    refused, error = sdk.error or "", kernel.error or ""
    is_signed_out = case.programs.startswith("az signed out") and sdk.auth_type in {"databricks-cli", None}
    reasons = {
        "a byte order mark, as editors on Windows write it, is passed over": "section headers" in refused
        and "\ufeff" in (case.file or ""),
        "it signs in as nobody's group": values.get("group_id") and "group_id" in error,
        "it has managed identities, which databricks-sdk for Python has not": kernel.auth_type == "azure-msi",
        "it does not run the Azure CLI to find out who is signed in": is_signed_out and kernel.auth_type == "azure-cli",
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def faults(sdk: Answer, kernel: Answer) -> list[str]:
    """What is not as it should be."""
    if "s3cret" in str(kernel):
        return [f"a secret is shown: {kernel}"]
    if kernel.error:
        return failure_faults(sdk, kernel.error)
    if not sdk.auth_type:
        return [f"the SDK refuses it: {sdk.error}"]
    found = []
    if sdk.auth_type != kernel.auth_type:
        found.append(f"auth type: {sdk.auth_type} | {kernel.auth_type}")
    if address(sdk.host) != kernel.host:
        found.append(f"host: {sdk.host} | {kernel.host}")
    path = f"/sql/1.0/warehouses/{sdk.warehouse}" if sdk.warehouse else None
    if "http_path" not in kernel.values and (kernel.warehouse or "").partition("?")[0] != (path or ""):
        found.append(f"warehouse: {path} | {kernel.warehouse}")
    for attribute in Config.attributes():
        name = attribute.name
        value, source = sdk.values.get(name, (None, ""))
        our_value, our_source = kernel.values.get(name, (None, ""))
        if value is None or value == "":
            continue
        if our_source != source:
            found.append(f"source of {name}: {source} | {our_source}")
        expected = "***" if attribute.sensitive else value
        shown = our_value if attribute.sensitive or our_value is None else attribute.transform(our_value)
        if name != "host" and shown != expected:
            found.append(f"{name}: {value} | {our_value}")
    found += [f"{name} is not set" for name in kernel.values.keys() - sdk.values.keys() - {"http_path"}]
    return found


def failure_faults(sdk: Answer, error: str) -> list[str]:
    """What is not as it should be where the kernel fails."""
    if not sdk.error and sdk.auth_type not in NOT_DONE:
        return [f"only the kernel refuses it: {error}"]
    if sdk.auth_type:
        is_named = (
            f"sign in by {sdk.auth_type}: " in error if sdk.auth_type in NOT_DONE else f"the auth type {sdk.auth_type} " in error
        )
        return [] if is_named else [f"it should be about {sdk.auth_type}: {error}"]
    why = next((our for their, our in WHYS.items() if their in (sdk.error or "")), "")
    return [] if why in error else [f"it should say {why!r}, as for {sdk.error}: {error}"]


def table_faults() -> list[str]:
    """What the tables of `docs/profiles.md`, which are the kernel's, have otherwise than the SDK."""
    fields, ways = (
        re.findall(r"^\| `(.+?)` \| (.*?) \| (.*) \|$", part, re.M) for part in PAGE.read_text().split("## Ways to sign in")
    )
    sdk = [(one.name, [*filter(None, [one.env]), *one.env_aliases], one.auth or "") for one in Config.attributes()]
    kernel = [(name, re.findall("`(.+?)`", variables), family.strip()) for name, variables, family in fields]
    found = [f"field: {one}" for one in sdk if one not in kernel]
    found += [f"field: {one}" for one in kernel if one not in sdk and one[0] != "http_path"]
    order = [provider.auth_type() for provider in DefaultCredentials()._auth_providers]  # noqa: SLF001
    ours_in_order = [name for name, _, _ in ways if name != "azure-msi"]
    found += [] if order == ours_in_order else [f"order: {order} | {ours_in_order}"]
    not_done = {name for name, _, outcome in ways if outcome != "done"}
    return found + ([] if not_done == NOT_DONE else [f"not done: {not_done ^ NOT_DONE}"])


def address(host: str | None) -> str:
    """A host as the kernel has it: without path, and without a port that goes without saying."""
    url = urlsplit(host or "")
    default = {"https": 443, "http": 80}.get(url.scheme)
    return f"{url.scheme}://{url.hostname}" + ("" if url.port in {None, default} else f":{url.port}")


def programs(folder: Path) -> dict[str, str]:
    """PATH by the programs that are there. They are as large as the real ones, where the SDK looks at that."""
    claims = base64.urlsafe_b64encode(json.dumps({"upn": "me"}).encode()).decode().rstrip("=")
    az = {"tokenType": "Bearer", "accessToken": f"e30.{claims}.x", "expiresOn": "2099-01-01 00:00:00.000000"}
    cli = {"token_type": "Bearer", "access_token": "t", "expiry": "2099-01-01T00:00:00Z", "Major": 0, "Minor": 300, "Patch": 0}
    texts = {
        "nothing": {},
        "databricks": {"databricks": f"echo '{json.dumps(cli)}'\n"},
        "az": {"az": f"echo '{json.dumps(az)}'\n"},
        "az signed out": {"az": "echo 'please run az login' >&2; exit 1\n"},
    }
    texts["az signed out, databricks"] = texts["az signed out"] | texts["databricks"]
    paths = {}
    for number, (name, files) in enumerate(texts.items()):
        there = folder / str(number)
        there.mkdir()
        for program, text in files.items():
            (there / program).write_text(f"#!/bin/sh\n{text}exit\n" + "#" * (1 << 20))
            (there / program).chmod(0o755)
        paths[name] = str(there)
    return paths


def main(program: str, parts: list[str]) -> int:
    """Runs the cases whose names have all `parts`."""
    logging.disable()
    outcomes: Counter[str] = Counter()
    if found := table_faults():
        outcomes["FAILED"] += 1
        print("the tables\n    " + "\n    ".join(found))
    with tempfile.TemporaryDirectory() as name, workspaces(Path(name)) as led:
        folder = Path(name)
        (folder / "bin").mkdir()
        paths = programs(folder / "bin")
        for number, case in enumerate(one for one in cases(COUNT) if all(part in one.name for part in parts)):
            home = folder / str(number)
            home.mkdir()
            (home / "id-token").write_text("id-token\n")
            if case.file is not None:
                (home / ".databrickscfg").write_bytes(case.file.encode())
            path = paths[case.programs]
            variables = {name: value.replace("{home}", str(home)).replace("{bin}", path) for name, value in case.variables.items()}
            environment = {"HOME": str(home), "PATH": path, "NO_GCE_CHECK": "true", **led, **variables}
            sdk, kernel = theirs(case, environment), ours(program, case, environment)
            found = faults(sdk, kernel)
            if why := found and differs(case, sdk, kernel):
                outcomes[f"differs: {why}"] += 1
            elif found:
                outcomes["FAILED"] += 1
                print(f"{case.name}\n    " + "\n    ".join(found))
            else:
                outcomes[f"as the SDK: {sdk.auth_type or 'refused'}"] += 1
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:5} {outcome}")
    print(f"{outcomes.total()} profiles, {outcomes['FAILED']} failed")
    return 1 if outcomes["FAILED"] or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
