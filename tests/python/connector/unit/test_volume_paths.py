"""Which local files a transfer may touch, and which transfers are refused before they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from databricks.sql.exc import NotSupportedError, ProgrammingError
from databricks_sql_kernel.connector.volumes import allowed_local_path, refuse_what_cannot_be_done

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """`a` is allowed, `ab` is not; `a/out` leads to `ab`, and `in` to `a`."""
    (tmp_path / "a" / "sub").mkdir(parents=True)
    (tmp_path / "ab").mkdir()
    (tmp_path / "a" / "out").symlink_to("../ab")
    (tmp_path / "in").symlink_to("a")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("a/file", "a/file"),
        ("a/sub/../file", "a/file"),
        ("ab/../a/file", "a/file"),
        ("in/file", "a/file"),
        ("a/not/there/yet", "a/not/there/yet"),
        ("a/..file", "a/..file"),
        ("ab/file", None),
        ("a/../ab/file", None),
        ("a/sub/../../ab/file", None),
        ("a/out/file", None),
        # The link comes first: `..` of where it leads.
        ("a/out/../file", None),
        ("file", None),
        ("", None),
    ],
)
def test_path_is_allowed_by_what_it_resolves_to(place: Path, path: str, resolved: str | None) -> None:
    for folders in ([str(place / "elsewhere"), f"{place}/a/"], [str(place / "in")]):
        if resolved is None:
            with pytest.raises(ProgrammingError, match="is not below staging_allowed_local_path"):
                allowed_local_path(f"{place}/{path}", folders)
        else:
            assert allowed_local_path(f"{place}/{path}", folders) == place / resolved


def test_single_file_may_be_allowed_and_nothing_beside_it(place: Path) -> None:
    assert allowed_local_path(f"{place}/a/file", [f"{place}/a/file"]) == place / "a/file"
    with pytest.raises(ProgrammingError):
        allowed_local_path(f"{place}/a/file2", [f"{place}/a/file"])


def test_path_that_is_none_is_refused(place: Path) -> None:
    with pytest.raises(ProgrammingError, match="cannot be used"):
        allowed_local_path("a\0b", [str(place)])
    (place / "loop").symlink_to("loop")
    with pytest.raises(ProgrammingError):
        allowed_local_path(f"{place}/loop/file", [f"{place}/a"])


@pytest.mark.parametrize("nothing", [None, "", [], (), [""]])
@pytest.mark.parametrize("sql", ["PUT 'a' INTO 'b'", "GET 'b' TO 'a'", "GET 'b' TO '__input_stream__'"])
def test_local_file_is_refused_before_anything_is_sent_where_none_is_allowed(sql: str, nothing: Any) -> None:
    with pytest.raises(ProgrammingError, match="pass staging_allowed_local_path"):
        refuse_what_cannot_be_done(sql, sql.split(maxsplit=1)[0], nothing, async_op=False)


@pytest.mark.parametrize(
    ("sql", "allowed"),
    [
        ("PUT 'a' INTO 'b'", "/somewhere"),
        ("GET 'b' TO 'a'", ["/somewhere"]),
        ("PUT '__input_stream__' INTO 'b'", None),
        ("REMOVE 'b'", None),
        ("SELECT 1", None),
    ],
)
def test_transfer_that_may_be_possible_is_sent_but_never_submitted(sql: str, allowed: Any) -> None:
    refuse_what_cannot_be_done(sql, sql.split(maxsplit=1)[0], allowed, async_op=False)
    if not sql.startswith("SELECT"):
        with pytest.raises(NotSupportedError, match="cannot be submitted"):
            refuse_what_cannot_be_done(sql, sql.split(maxsplit=1)[0], allowed, async_op=True)
