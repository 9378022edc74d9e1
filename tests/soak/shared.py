"""Sessions that all jobs of a worker share, one for each warehouse, and that any job may close and open anew."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

S = TypeVar("S")

# What a call meets whose session another job closes meanwhile.
OF_CLOSING = {"InvalidStatementHandle", "Cancelled", "NotFound"}


class Lease(Generic[S]):
    """A session, and when it was begun to be opened."""

    def __init__(self, session: S, since: float) -> None:
        """Takes an open session."""
        self.session = session
        self.since = since
        self.is_retired = False


class Shared(Generic[S]):
    """The sessions that are open now, by the names of their warehouses."""

    def __init__(self) -> None:
        """Begins with none."""
        self._lock = threading.Lock()
        self._leases: dict[str, Lease[S]] = {}

    def find(self, server: str) -> Lease[S] | None:
        """The session of a warehouse, if there is one."""
        with self._lock:
            return self._leases.get(server)

    def put(self, server: str, session: S, since: float) -> Lease[S] | None:
        """Takes a session; answers the one that it takes the place of, for its caller to close."""
        with self._lock:
            before = self._leases.get(server)
            self._leases[server] = Lease(session, since)
            return _retired(before)

    def retire(self, server: str, lease: Lease[S]) -> Lease[S] | None:
        """Has no further job take a session; answers it to the one caller that is to close it."""
        with self._lock:
            if self._leases.get(server) is not lease:
                return None
            return _retired(self._leases.pop(server))

    def retire_all(self) -> list[Lease[S]]:
        """The sessions that are left, for the caller to close."""
        with self._lock:
            leases, self._leases = list(self._leases.values()), {}
        return leases


def _retired(lease: Lease[S] | None) -> Lease[S] | None:
    if lease is not None:
        lease.is_retired = True
    return lease
