"""Redirects: the API's are never followed (SEA 1.3), a store's only to where a link may lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from case import BROKEN_RULE, Case, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import FILE, SIGNATURE, TOKEN
from server import Reply
from wrong import first, of_chunk, sends, turns

if TYPE_CHECKING:
    from protocol import Exchange
    from wrong import Reaction

API = "SEA 1.3: a redirect of the API is reported, and never followed with the token"
STORE = "RFC 9110, 15.4: a client may follow a redirect, and should stop at a loop; a store must not lead to another kind of place"
METHOD = "RFC 9110, 15.4: only 307 and 308 keep the method, and an upload must not become a download"
NOT_FOLLOWED = fails(*BROKEN_RULE, "InvalidArgument", "NetworkError", "NotFound", "DataLoss", "Timeout")
STATUSES = (301, 302, 303, 307, 308)


def to(location: str, status: int = 302) -> Reaction:
    """A redirect; `{store}` and `{api}` are the servers' addresses."""

    def change(exchange: Exchange) -> Reply:
        place = location.replace("{store}", exchange.world.place("store")).replace("{api}", exchange.world.place("api"))
        return Reply(status, [("location", place)])

    return turns(change)


SIGNED = f"?X-Sig={SIGNATURE}"
# Where a store may not lead, or cannot.
PLACES = {
    "file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/r/wrong/0",
    "itself": "{store}/r/wrong/0" + SIGNED,
    "user": "http://user:secret@127.0.0.1/r/wrong/0",
    "nothing": "",
    "no_url": "http://",
    "port_0": "http://127.0.0.1:0/",
    "text_of_1_mb": "{store}/" + "a" * 300_000,
    "signature_in_the_host": f"http://{SIGNATURE}.invalid/",
    "token_in_the_host": f"http://{TOKEN}.invalid/",
    "not_ascii": "{store}/r/wr\xf6ng/0",
    "to_the_api": "{api}/elsewhere",
}
SAMPLE = {"itself", "token_in_the_host"}

CASES = [
    *[
        Case(
            name=f"redirects/api/{kind}_{status}",
            says=API,
            wrong={kind: to("{store}/elsewhere", status)},
            expect=fails(*BROKEN_RULE, "InvalidArgument", "NetworkError", "Unavailable", word="redirect"),
            shape="polled" if kind == "poll" else "links",
            step={"do": "open"} if kind == "session" else {"do": "query", "sql": "SELECT 'wrong'"},
            at_most={kind: 1, "elsewhere": 0},
        )
        for kind, statuses in {"session": (307,), "execute": STATUSES, "poll": (302, 307), "chunk": (302,)}.items()
        for status in statuses
    ],
    *[
        Case(
            name=f"redirects/store/{status}_to_the_same_store",
            says=STORE,
            wrong={"link": of_chunk(1, first(1, to("{store}/r/wrong/1" + SIGNED, status)))},
            expect=right_or(*NOT_FOLLOWED.codes),
        )
        for status in STATUSES
    ],
    *[
        Case(
            name=f"redirects/store/{name}",
            says=STORE,
            wrong={"link": to(place), "elsewhere": sends(Reply(404))},
            expect=NOT_FOLLOWED,
            trace=True,
            sample=name in SAMPLE,
            within=40,
        )
        for name, place in PLACES.items()
    ],
    Case(
        name="redirects/store/without_location",
        says=STORE,
        wrong={"link": sends(Reply(302))},
        expect=NOT_FOLLOWED,
    ),
    Case(
        name="redirects/store/300",
        says="RFC 9110, 15.4.1: 300 offers a choice, which is not the content",
        wrong={"link": sends(Reply(300, [("location", "/r/wrong/0")], b"choose"))},
        expect=NOT_FOLLOWED,
    ),
    Case(
        name="redirects/store/304",
        says="RFC 9110, 15.4.5: 304 answers a condition, and none was asked",
        wrong={"link": sends(Reply(304, framed=False))},
        expect=NOT_FOLLOWED,
    ),
    *[
        Case(
            name=f"redirects/store/{name}",
            says="A store elsewhere must not lead to this machine or to its own network: server-side request forgery",
            wrong={"link": to(place)},
            expect=NOT_FOLLOWED,
            is_proxy=True,
            at_most={"elsewhere": 0},
        )
        for name, place in {
            "elsewhere_to_loopback": "http://127.0.0.1:1/elsewhere",
            "elsewhere_to_link_local": "http://169.254.169.254/elsewhere",
            "elsewhere_to_loopback_as_a_number": "http://2130706433/elsewhere",
            "elsewhere_to_loopback_in_ipv6": "http://[::ffff:127.0.0.1]/elsewhere",
            "elsewhere_to_this_host": "http://0.0.0.0/elsewhere",
            "elsewhere_to_localhost": "http://LOCALHOST./elsewhere",
        }.items()
    ],
    *[
        Case(
            name=f"redirects/upload/{status}",
            says=METHOD,
            wrong={"put": to("{store}/elsewhere", status)},
            expect=NOT_FOLLOWED,
            step={"do": "put", "path": FILE, "length": 100},
            at_most={"elsewhere": 0, "get": 0},
        )
        for status in (301, 302, 303)
    ],
    Case(
        name="redirects/remove/302",
        says=METHOD,
        wrong={"remove": to("{store}/elsewhere", 302)},
        expect=NOT_FOLLOWED,
        step={"do": "remove", "path": FILE},
        at_most={"elsewhere": 0},
    ),
    Case(
        name="redirects/upload/loop",
        says=STORE,
        wrong={"put": to("{store}/f" + SIGNED, 307)},
        expect=fails(*NOT_FOLLOWED.codes, "InvalidState"),
        step={"do": "put", "path": FILE, "length": 100},
        at_most={"put": 12},
    ),
    Case(name="redirects/none", says="What is right stays right", wrong={}, expect=ROWS, is_proxy=True),
]
