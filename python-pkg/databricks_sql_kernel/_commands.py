"""Runs the programs that somebody has signed in with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from . import _native

logger = logging.getLogger("databricks.sql.kernel")

LONGEST: Final = 60.0


def runner() -> _native.CommandRunner:
    """The generated trait over `subprocess`. Nothing but the program's output or a `CallbackError` leaves it."""
    from . import _native

    class Adapter(_native.CommandRunner):
        def run(self, command: list[str]) -> str:
            try:
                return output(command)
            except BaseException as error:
                logger.debug("a program for a token failed", exc_info=True)
                raise _native.CallbackError.Failed(str(error) or type(error).__name__) from None  # type: ignore[attr-defined]

    return Adapter()


def output(command: list[str]) -> str:
    """What a program wrote to its standard output.

    Raises:
        FileNotFoundError: It is not there.
        RuntimeError: It failed, or took too long; with what it wrote to its standard error.
    """
    # These take their time to load, and hardly anybody needs them.
    import shutil
    import subprocess

    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(f"there is no program {command[0]}")
    try:
        ran = subprocess.run(  # noqa: S603 - without a shell, and with arguments that the kernel has checked
            [program, *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"it took longer than {LONGEST:.0f} s") from None
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip()
        raise RuntimeError(said or f"it ended with the status {ran.returncode}")
    return ran.stdout.decode(errors="replace")
