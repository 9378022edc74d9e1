"""Progress: a callback, and a bar."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import pytest
from conftest import dicts, run
from extras import needs_arrow, needs_progress

if TYPE_CHECKING:
    from databricks_sql_kernel import Session

LINES = "SELECT * FROM samples.tpch.lineitem"


class Heard:
    """What a callback was told, and when it was told the end."""

    def __init__(self) -> None:
        self.states: list[Any] = []
        self.threads: set[int] = set()
        self.ended = threading.Event()

    def __call__(self, progress: Any) -> None:
        self.states.append(progress)
        self.threads.add(threading.get_ident())
        if progress.rows == progress.total_rows:
            self.ended.set()


@needs_arrow
def test_callback_is_told_how_far_the_result_is(session: Session) -> None:
    heard = Heard()
    result = run(session, LINES)
    result.on_progress(heard)
    table = result.fetch_all_arrow()
    assert heard.ended.wait(10)
    last = heard.states[-1]
    assert (last.rows, last.total_rows) == (table.num_rows, table.num_rows)
    assert last.chunks == last.total_chunks
    assert last.bytes >= table.nbytes
    assert [state.rows for state in heard.states] == sorted(state.rows for state in heard.states)
    assert threading.get_ident() not in heard.threads


def test_callback_that_fails_fails_nothing(session: Session) -> None:
    called = threading.Event()

    def failing(_: object) -> None:
        called.set()
        raise SystemExit(3)

    result = run(session, "SELECT 1 AS one")
    result.on_progress(failing)
    assert dicts(result) == [{"one": 1}]
    assert called.wait(10)


def test_callback_can_be_taken_away(session: Session) -> None:
    heard = Heard()
    result = run(session, LINES)
    result.on_progress(heard)
    result.on_progress(None)
    list(result.rows())
    assert heard.states == []


@needs_progress
def test_bar_shows_rows_and_chunks(session: Session) -> None:
    screen = io.StringIO()
    result = run(session, LINES)
    assert result.show_progress(file=screen, desc="lines") is result
    list(result.rows())
    result.close()
    assert "lines" in screen.getvalue()
    assert " rows" in screen.getvalue()


def test_bar_without_tqdm_says_what_is_missing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="tqdm"):
        run(session, "SELECT 1").show_progress()
