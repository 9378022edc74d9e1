"""What does not come with the package, and how a user gets it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def install_line(extra: str) -> str:
    """The command that installs what an extra brings. The index has another project under this name, so it names the folder."""
    return f"pip install --find-links dist 'databricks-sql-kernel[{extra}]'"


@contextmanager
def brought_by(extra: str, what: str, needed: str) -> Iterator[None]:
    """Says of a module that is missing how to get it.

    Args:
        extra: The extra that brings it.
        what: What is asked for, such as `tables`.
        needed: The name of what it needs.

    Raises:
        ImportError: It is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImportError(f"{what} needs {needed}: {install_line(extra)}", name=error.name) from error
