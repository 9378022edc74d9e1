"""Stands for a browser: opens an address and follows where it leads, in the background, as a browser does."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urljoin

LIMIT = 30


class Stay(urllib.request.HTTPRedirectHandler):
    """Leaves it to whoever asks to follow."""

    def redirect_request(self, *_: object) -> None:
        """Follows nothing."""


def follow(address: str | None) -> None:
    """Goes from address to address until one leads no further."""
    # Proxies and trust come from the environment, as they do to the client that is signing in.
    opener = urllib.request.build_opener(Stay)
    ends = time.monotonic() + LIMIT
    while address is not None:
        address = step(opener, address, ends)


def step(opener: urllib.request.OpenerDirector, address: str, ends: float) -> str | None:
    """Opens an address, and answers the one to open next."""
    try:
        opener.open(address, timeout=LIMIT).close()
    except urllib.error.HTTPError as error:
        with error:
            location = error.headers.get("Location")
            if location is not None:
                return urljoin(address, location)
            # The client cannot say it: it was not led back.
            print(f"browser: {error.code} {error.read().decode(errors='replace')[:500]}", file=sys.stderr)
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > ends:
            raise
        # Some clients open the browser before they listen, and count on its being slow.
        time.sleep(0.1)
        return address
    return None


if __name__ == "__main__":
    # Some clients wait for the program to end before they listen.
    if os.fork() == 0:
        os.setsid()
        follow(sys.argv[1])
