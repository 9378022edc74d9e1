"""Every host that databricks-sdk asks while it reads a profile, on loopback: a proxy that answers for all of them itself."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = (
    "*.cloud.databricks.com",
    "*.2.azuredatabricks.net",
    "*.2.databricks.azure.cn",
    "*.2.gcp.databricks.com",
)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for all workspaces, which vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "workspaces")])
    now = dt.datetime.now(dt.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    return files


class Answers(BaseHTTPRequestHandler):
    """Answers as workspaces, as GitHub and as Azure DevOps do; with 404 for all that nobody should be asked."""

    tls: ssl.SSLContext
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        """Goes on over TLS as the host that was asked for."""
        self.send_response(200)
        self.end_headers()
        self.close_connection = False
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def do_GET(self) -> None:
        """Answers."""
        url = urlsplit(self.path)
        host = (url.hostname or self.headers["Host"]).partition(":")[0]
        root = f"https://{host}/oidc"
        answers = {
            "/.well-known/databricks-config": {"oidc_endpoint": root, "account_id": "account", "workspace_id": "workspace"},
            "/oidc/.well-known/oauth-authorization-server": {
                "authorization_endpoint": f"{root}/v1/authorize",
                "token_endpoint": f"{root}/v1/token",
            },
            "/token": {"value": "id-token"},
        }
        if url.path == "/aad/auth":
            self.answer(302, {}, Location="https://login.microsoftonline.com/tenant/oauth2/authorize")
        elif url.path in answers:
            self.answer(200, answers[url.path])
        else:
            self.answer(404, {"error_code": "NOT_FOUND", "message": "there is nothing here"})

    def do_POST(self) -> None:
        """Answers as Azure DevOps."""
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.answer(200, {"oidcToken": "id-token"})

    def answer(self, status: int, body: dict[str, str], **headers: str) -> None:
        """Sends `body`."""
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as it is called there
        """Says nothing."""


@contextmanager
def workspaces(folder: Path) -> Iterator[dict[str, str]]:
    """The variables by which a client is led there."""
    chain, key = certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Answers,), {"tls": tls}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    proxy = f"http://127.0.0.1:{server.server_port}"
    try:
        yield {
            "HTTP_PROXY": proxy,
            "HTTPS_PROXY": proxy,
            "http_proxy": proxy,
            "https_proxy": proxy,
            "REQUESTS_CA_BUNDLE": str(chain),
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
