"""Certificates, made for one run: by an authority that the clients trust, and wrong ones."""

from __future__ import annotations

import functools
import ssl
from typing import TYPE_CHECKING, Any

import trustme

if TYPE_CHECKING:
    import datetime as dt


@functools.cache
def trusted() -> trustme.CA:
    """The authority that the clients trust."""
    return trustme.CA()


def certificate() -> str:
    """Its certificate, in PEM."""
    return str(trusted().cert_pem.bytes(), "ascii")


def served(issuer: trustme.CA | None = None, name: str = "127.0.0.1", **dates: dt.datetime) -> ssl.SSLContext:
    """What a server needs to speak TLS with a certificate by `issuer`, the trusted one by default, for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    options: Any = dates
    (issuer or trusted()).issue_cert(name, **options).configure_cert(context)
    return context


@functools.cache
def right() -> ssl.SSLContext:
    """A right one."""
    return served()
