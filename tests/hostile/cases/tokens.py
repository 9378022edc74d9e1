"""Credentials that are refused for ever, and secrets that are sent back: SEA 1.3, 6.2."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from case import BROKEN_RULE, Case, fails
from case import RIGHT_ROWS as ROWS
from protocol import TOKEN
from server import Reply
from wrong import first, sends, sets, stalls

REFUSED = "SEA 1.3 and 6.2: 401 and 403 are raised, and not repeated with the same token"
SHOWN = "A secret that the server sends back is shown in no message, however it is spelled"


def refusal(status: int, message: str = "no", **more: object) -> Reply:
    """The layer that checks credentials answers numbers."""
    document = {"error_code": status, "message": message, **more}
    return Reply.of(document, status).with_headers(("www-authenticate", 'Bearer realm="DatabricksRealm"'))


SPELLINGS = {
    "plain": TOKEN,
    "bearer": f"Authorization: Bearer {TOKEN}",
    "base64": base64.b64encode(f"token:{TOKEN}".encode()).decode(),
    "percent": quote(TOKEN, safe="").replace("d", "%64"),
    "json_escapes": "".join(f"\\u{ord(character):04x}" for character in TOKEN),
    "in_a_page": f"<html><body>{TOKEN}</body></html>",
    "in_a_url": f"https://user:{TOKEN}@host.example/?access_token={TOKEN}",
    "twice_in_a_row": TOKEN + TOKEN,
    "at_the_cut": "m" * (16384 - len(TOKEN) // 2) + TOKEN + "m" * 20_000,
}

CASES = [
    *[
        Case(
            name=f"tokens/{kind}_{status}",
            says=REFUSED,
            wrong={kind: sends(refusal(status))},
            expect=fails(code),
            shape="polled" if kind == "poll" else "links",
            step={"do": "open"} if kind == "session" else {"do": "query", "sql": "SELECT 'wrong'"},
            at_most={kind: 1},
            sample=(kind, status) == ("execute", 401),
        )
        for kind in ("session", "execute", "poll", "chunk")
        for status, code in ((401, "Unauthenticated"), (403, "PermissionDenied"))
    ],
    *[
        Case(
            name=f"tokens/sent_back/{name}",
            says=SHOWN,
            wrong={"execute": sends(refusal(400, text, details=[{"reason": text, "metadata": {text[:100]: text}}]))},
            expect=fails("InvalidArgument"),
            trace=True,
            sample=name == "at_the_cut",
        )
        for name, text in SPELLINGS.items()
    ],
    Case(
        name="tokens/sent_back/raw_body",
        says=SHOWN,
        wrong={"execute": sends(Reply(500, [("x-databricks-reason-phrase", TOKEN)], TOKEN.encode()))},
        expect=fails("Internal"),
        trace=True,
    ),
    Case(
        name="tokens/sent_back/body_of_escapes",
        says=SHOWN,
        wrong={"execute": sends(Reply(500, [], ('{"message": "' + SPELLINGS["json_escapes"] + '"}').encode()))},
        expect=fails("Internal"),
        trace=True,
    ),
    Case(
        name="tokens/sent_back/status_line",
        says=SHOWN,
        wrong={"execute": sends(f"HTTP/1.1 400 {TOKEN}\r\nContent-Length: 0\r\n\r\n".encode())},
        expect=fails("InvalidArgument"),
        trace=True,
    ),
    Case(
        name="tokens/sent_back/location",
        says=SHOWN,
        wrong={"execute": sends(Reply(302, [("location", f"https://host.example/login?token={TOKEN}")]))},
        expect=fails(*BROKEN_RULE, "NetworkError"),
        trace=True,
    ),
    Case(
        name="tokens/sent_back/statement_id",
        says=SHOWN,
        wrong={"execute": sets(("statement_id", TOKEN), ("status.state", "RUNNING"))},
        expect=fails("NotFound", *BROKEN_RULE),
        trace=True,
    ),
    Case(
        name="tokens/sent_back/wrong_type",
        says=SHOWN,
        wrong={"execute": sets(("manifest.total_row_count", TOKEN))},
        expect=fails(*BROKEN_RULE),
        trace=True,
    ),
    Case(
        name="tokens/sent_back/unknown_variant",
        says=SHOWN,
        wrong={"execute": sets(("manifest.schema", TOKEN))},
        expect=fails(*BROKEN_RULE),
        trace=True,
    ),
    Case(
        name="tokens/sent_back/message_of_a_failed_statement",
        says=SHOWN,
        wrong={
            "execute": sends(
                Reply.of({"statement_id": "wrong", "status": {"state": "FAILED", "error": {"message": json.dumps({"a": [TOKEN]})}}})
            )
        },
        expect=fails("SqlError"),
        trace=True,
    ),
    Case(
        name="tokens/refused_once_with_a_long_wait",
        says="RFC 6585, 4: 429 was not run, and Retry-After is obeyed up to the client's limit",
        wrong={"session": first(1, sends(refusal(429).with_headers(("retry-after", "86400"))))},
        expect=ROWS,
        step={"do": "open"},
        at_most={"session": 2},
    ),
    Case(
        name="tokens/refused_in_a_reply_that_stalls",
        says="RFC 9112, 9.5: a client has a time-out for a connection that does not go on",
        wrong={"execute": stalls(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\n{")},
        expect=fails("Unauthenticated", "Timeout"),
        within=45,
    ),
]
