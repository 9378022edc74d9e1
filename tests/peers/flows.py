"""Other people's clients sign in at the local warehouse in every way they have; prints who can do what.

Arguments: `NAME=COMMAND` for each client. A cell ran, or is excused by the client's own words.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from base64 import b64encode
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.x509 import load_pem_x509_certificate
from databricks_sql_kernel.testing import LocalWarehouse
from proxy import AWS, AZURE, GOVERNMENT, NAMES, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
KEYS = HERE.parent / "keys"
ISSUER = "https://issuer.example"
GIVEN = {
    "id": "service-principal",
    "secret": "a0b1c2d3e4f5",
    "key_file": str(KEYS / "rsa.pem"),
    "tenant": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "azure_id": "11111111-2222-3333-4444-555555555555",
    "azure_secret": "e5f4d3c2b1a0",
    "azure_app": "66666666-7777-8888-9999-000000000000",
    "resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w",
}
FLAGS = [
    "--oauth",
    *("--oauth-client", f"{GIVEN['id']}:{GIVEN['secret']}"),
    *("--oauth-key", f"{GIVEN['id']}:kid:{KEYS / 'rsa-public.pem'}"),
    *("--oauth-issuer", f"{ISSUER}={KEYS / 'rsa-public.pem'}"),
    *("--azure-tenant", GIVEN["tenant"]),
    *("--azure-client", f"{GIVEN['azure_id']}:{GIVEN['azure_secret']}"),
    *("--azure-app", GIVEN["azure_app"]),
]
CLIENT_LIMIT = 60
OUTPUT_LIMIT = 4000


@dataclass(frozen=True)
class Flow:
    """A way to sign in: at which host, the grants of which one must be counted, and who cannot, by what they say then."""

    name: str
    host: str
    grants: tuple[str, ...]
    cannot: dict[str, str] = field(default_factory=dict)
    browser: str = "browser"


UNKNOWN_TO_KERNEL = {
    "published": r"unsupported auth_type .* expected one of 'pat', 'oauth-m2m', 'oauth-m2m-jwt', 'oauth-u2m', 'azure-sp-m2m'"
}
UNKNOWN_TO_SDK = {"sdk": r"cannot configure default credentials"}
UNKNOWN_TO_CONNECTOR = {"connector": r"auth_type: databricks-oauth, azure-oauth, azure-sp-m2m"}
# It counts four ways, of which three are a token, a service principal and a browser, and one is a machine of Azure.
UNKNOWN_TO_JDBC = {"jdbc": r"Index 4 out of bounds for length 4"}
# It asks the machine's own network, whatever proxy there is, as Microsoft says.
PAST_PROXIES = {"ours": r"the identity service of Azure's machines issued no token"}
CHROMIUM = "Chromium"
NO_DISPLAY = {"jdbc": r"java.awt.HeadlessException"}

FLOWS = [
    Flow("secret", AWS, ("client_credentials",), UNKNOWN_TO_CONNECTOR),
    Flow("key", AWS, ("client_credentials",), {**UNKNOWN_TO_CONNECTOR, **UNKNOWN_TO_SDK}),
    Flow("browser", AWS, ("authorization_code",), NO_DISPLAY),
    Flow("browser", AWS, ("authorization_code",), NO_DISPLAY, CHROMIUM),
    Flow("foreign token", AWS, ("token_exchange", "jwt_bearer")),
    Flow("foreign token for a principal", AWS, ("token_exchange", "jwt_bearer")),
    Flow("foreign token in a file", AWS, ("token_exchange",), {**UNKNOWN_TO_KERNEL, **UNKNOWN_TO_CONNECTOR, **UNKNOWN_TO_JDBC}),
    Flow("foreign token of GitHub", AWS, ("token_exchange",), {**UNKNOWN_TO_KERNEL, **UNKNOWN_TO_CONNECTOR, **UNKNOWN_TO_JDBC}),
    Flow("Azure principal", AZURE, ("azure",)),
    Flow("Azure principal, its tenant found", AZURE, ("azure",), {"jdbc": r"oauth-m2m auth: .*invalid_client"}),
    Flow("Azure principal that manages", AZURE, ("azure",)),
    Flow("Azure principal of the US government", GOVERNMENT, ("azure",)),
    Flow(
        "Azure machine",
        AZURE,
        ("managed_identity",),
        {**PAST_PROXIES, **UNKNOWN_TO_KERNEL, **UNKNOWN_TO_CONNECTOR, **UNKNOWN_TO_SDK},
    ),
    Flow("Azure browser", AZURE, ("authorization_code",), {**UNKNOWN_TO_KERNEL, **NO_DISPLAY}),
]


class GitHub:
    """Where a job of GitHub Actions asks for its token: `{"value": TOKEN}`."""

    def __init__(self, token: str) -> None:
        """Serves on loopback."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_known = self.headers.get("Authorization") == "Bearer runner"
                body = json.dumps({"value": token} if is_known else {}).encode()
                self.send_response(200 if is_known else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def environment(self) -> dict[str, str]:
        """As the runner sets it."""
        url = f"http://127.0.0.1:{self.server.server_port}/token?api-version=2"
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner"}

    def stop(self) -> None:
        """Stops."""
        self.server.shutdown()
        self.server.server_close()


def foreign_token() -> str:
    """A token of another issuer about somebody, good for ten minutes."""
    claims = {"iss": ISSUER, "sub": "somebody", "aud": "databricks", "iat": int(time.time()), "exp": int(time.time()) + 600}
    return jwt.encode(claims, (KEYS / "rsa.pem").read_bytes(), "RS256", {"kid": "foreign"})


def pac(proxy: str) -> str:
    """Leads Chromium to the proxy for the names that it knows: what it asks of Google beside them goes nowhere."""
    place = f"PROXY {proxy.removeprefix('http://')}"
    script = f"""function FindProxyForURL(url, host) {{
        return {json.dumps(NAMES)}.includes(host) ? "{place}" : host == "localhost" ? "DIRECT" : "PROXY 127.0.0.1:9"; }}"""
    return f"data:application/x-ns-proxy-autoconfig;base64,{b64encode(script.encode()).decode()}"


def issued(warehouse: LocalWarehouse) -> dict[str, int]:
    """How many tokens were issued, by grant."""
    request = urllib.request.Request(f"{warehouse.url}/_tokens", headers={"Authorization": f"Bearer {warehouse.token}"})  # noqa: S310
    with urllib.request.urlopen(request) as reply:  # noqa: S310
        return dict(json.load(reply)["issued"])


class Places:
    """The warehouse behind the proxy, and what clients are told of them."""

    def __init__(self, stack: ExitStack) -> None:
        """Starts all; `stack` ends it."""
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.warehouse = stack.enter_context(LocalWarehouse(scale_factor=0.01, arguments=FLAGS))
        port = int(self.warehouse.url.rsplit(":", 1)[1])
        self.ca_file = self.folder / "ca.pem"
        self.proxy = stack.enter_context(Proxy(("127.0.0.1", port), self.ca_file))
        self.token = foreign_token()
        self.github = GitHub(self.token)
        stack.callback(self.github.stop)
        (self.folder / "token").write_text(self.token)
        self._make_browser("browser", f'exec "{sys.executable}" "{HERE / "browser.py"}" "$1"')
        if chromium := os.environ.get("CHROMIUM"):
            trust = f"--ignore-certificate-errors-spki-list={self.proxy.pin} --user-data-dir={self.folder / 'profile'}"
            proxy = f"--proxy-pac-url='{pac(self.proxy.url)}'"
            flags = f"--headless --no-sandbox --disable-gpu --no-first-run --dump-dom {proxy} {trust}"
            self._make_browser(CHROMIUM, f'"{chromium}" {flags} "$1" >/dev/null 2>&1 &')
        authority = load_pem_x509_certificate(self.ca_file.read_bytes())
        trusted = serialize_java_truststore([PKCS12Certificate(authority, b"authority")], BestAvailableEncryption(b"changeit"))
        (self.folder / "trust.p12").write_bytes(trusted)

    def _make_browser(self, name: str, command: str) -> None:
        """A program that takes the place of every browser: `BROWSER`, `xdg-open` first on `PATH`."""
        program = self.folder / name / "xdg-open"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{command}\n")
        program.chmod(0o755)

    def environment(self, flow: Flow) -> dict[str, str]:
        """Nothing of the machine's own settings for proxies, trust, homes and Databricks reaches a client."""
        # A new one each time: clients keep tokens in it.
        home = tempfile.mkdtemp(dir=self.folder)
        ca_file = str(self.ca_file)
        given = {
            **GIVEN,
            "host": flow.host,
            "ca_file": ca_file,
            "proxy": self.proxy.url,
            "trust_store": str(self.folder / "trust.p12"),
            "foreign_token": self.token,
            "foreign_token_file": str(self.folder / "token"),
        }
        program = self.folder / flow.browser / "xdg-open"
        return {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": home,
            "HTTPS_PROXY": self.proxy.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "https_proxy": self.proxy.url,
            "SSL_CERT_FILE": ca_file,
            "REQUESTS_CA_BUNDLE": ca_file,
            "BROWSER": str(program),
            "SIGN_IN": json.dumps(given),
            **self.github.environment(),
        }


def run(places: Places, name: str, command: list[str], flow: Flow) -> tuple[str, str]:
    """Has a client sign in: `ok`, `-` or `FAILED`, and why it cannot or did not."""
    before = issued(places.warehouse)
    arguments = [*command, flow.name]
    environment = places.environment(flow)
    pipe = subprocess.PIPE
    client = subprocess.Popen(arguments, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
    watch = threading.Timer(CLIENT_LIMIT, end, [client])
    watch.start()
    output, errors = client.communicate()
    watch.cancel()
    end(client)
    if client.returncode and (words := re.search(flow.cannot.get(name, "$^"), errors)):
        return "-", words.group()
    after = issued(places.warehouse)
    counted = sum(after.get(grant, 0) - before.get(grant, 0) for grant in flow.grants)
    if client.returncode == 0 and output.split()[-1:] == ["42"] and counted >= 1 and name not in flow.cannot:
        return "ok", ""
    return "FAILED", f"status {client.returncode}, tokens {before} -> {after}\n{output}{errors}"[:OUTPUT_LIMIT]


def end(client: subprocess.Popen[str]) -> None:
    """Ends a client with what it has started, such as a browser."""
    with suppress(ProcessLookupError):
        os.killpg(client.pid, signal.SIGKILL)


def table(rows: list[list[str]]) -> Iterator[str]:
    """Columns as wide as they have to be."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def main(given: list[str]) -> int:
    """Every client in every way."""
    commands = {name: command.split() for name, _, command in (argument.partition("=") for argument in given)}
    only = os.environ.get("FLOWS")
    flows = [flow for flow in FLOWS if not only or flow.name in only.split(";")]
    if not os.environ.get("CHROMIUM"):
        flows = [flow for flow in flows if flow.browser != CHROMIUM]
        print("skipped: no sign-in by Chromium")
    rows, faults, excuses = [["", *commands]], list[str](), list[str]()
    with ExitStack() as stack:
        places = Places(stack)
        for flow in flows:
            row = [flow.name if flow.browser == "browser" else f"{flow.name}: {flow.browser}"]
            for name, command in commands.items():
                came_to, why = run(places, name, command, flow)
                row.append(came_to)
                said = {"-": excuses, "FAILED": faults}.get(came_to, [])
                said.append(f"{name}, {flow.name}: {why}")
            rows.append(row)
        faults += [f"the proxy was asked for {place}" for place in places.proxy.refused]
    print("\n".join(table(rows)), *excuses, *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
