"""A proxy that leads Databricks' and Microsoft's host names to the local warehouse, and nothing anywhere else."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import threading
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, cast

import trustme
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

AWS, AZURE, GOVERNMENT = "x.cloud.databricks.com", "adb-1.1.azuredatabricks.net", "adb-1.1.databricks.azure.us"
NAMES = (AWS, AZURE, GOVERNMENT, "login.microsoftonline.com", "login.microsoftonline.us")
#: Where a machine of Azure's asks for its identity, without TLS.
MACHINE = "http://169.254.169.254"
BUFFER = 65536


class Proxy:
    """Takes CONNECT for `NAMES`, ends their TLS with a certificate of its own authority, and passes on what is inside."""

    def __init__(self, target: tuple[str, int], ca_file: Path) -> None:
        """Writes the authority's certificate to `ca_file`, PEM; `target` is where the warehouse listens, without TLS."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = authority.issue_cert(*NAMES)
        certificate.configure_cert(context)
        key = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes()).public_key()
        public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        #: By which Chromium is told to trust it: the SHA-256 of its key, base64.
        self.pin = b64encode(sha256(public).digest()).decode()
        self.server = _Server(target, context)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def refused(self) -> list[str]:
        """The places that were asked for and are not led to."""
        return self.server.refused

    def __enter__(self) -> Self:
        """Serves until it is left."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stops."""
        self.server.shutdown()
        self.server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, target: tuple[str, int], context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.target, self.context, self.refused = target, context, list[str]()


class _Tunnel(socketserver.StreamRequestHandler):
    # Nothing may be read ahead: what follows the head is TLS.
    rbufsize = 0

    def handle(self) -> None:
        server = cast("_Server", self.server)
        method, _, rest = self.rfile.readline(BUFFER).decode("latin-1").partition(" ")
        place = rest.split(" ")[0]
        head = list(iter(lambda: self.rfile.readline(BUFFER).strip(), b""))
        if method == "GET" and place.startswith(f"{MACHINE}/"):
            self._ask(server.target, place.removeprefix(MACHINE), head)
            return
        if method != "CONNECT" or place not in {f"{name}:443" for name in NAMES}:
            server.refused.append(f"{method} {place}")
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            with (
                server.context.wrap_socket(self.connection, server_side=True) as inside,
                socket.create_connection(server.target) as outside,
            ):
                pass_on(inside, outside)
        except OSError:
            # A client that goes away is no fault of the proxy's.
            return

    def _ask(self, target: tuple[str, int], path: str, head: list[bytes]) -> None:
        """Asks the warehouse once."""
        kept = [line for line in head if not line.lower().startswith((b"connection:", b"proxy-"))]
        with socket.create_connection(target) as outside:
            outside.sendall(b"\r\n".join([f"GET {path} HTTP/1.1".encode("latin-1"), *kept, b"Connection: close", b"", b""]))
            with outside.makefile("rb") as answer:
                self.wfile.write(answer.read())


def pass_on(inside: ssl.SSLSocket, outside: socket.socket) -> None:
    """Carries bytes both ways until one side ends."""
    other = {inside: outside, outside: inside}
    while True:
        ready = [inside] if inside.pending() else select.select([inside, outside], [], [])[0]
        for source in ready:
            data = source.recv(BUFFER)
            if not data:
                return
            other[source].sendall(data)
