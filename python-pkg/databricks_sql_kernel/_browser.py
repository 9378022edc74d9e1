"""Shows the page on which somebody signs in."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

from ._arguments import function

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import _native

OF_TEXT: Final = ("www-browser", "links", "elinks", "lynx", "w3m")

logger = logging.getLogger("databricks.sql.kernel")


def browser(show: Callable[[str], object] | None) -> _native.Browser:
    """The generated trait over the caller's function, or over the user's browser.

    Nothing but an answer or a `CallbackError` leaves it.

    Raises:
        TypeError: `show` is no function.
    """
    from . import _native

    if show is not None:
        function("on_authorization_url", show)
    shows = show or opened

    class Adapter(_native.Browser):
        def show(self, url: str) -> bool:
            try:
                return shows(url) is not False
            except BaseException as error:
                logger.debug("the browser failed", exc_info=True)
                raise _native.CallbackError.Failed(f"{type(error).__name__}: {error}") from None  # type: ignore[attr-defined]

    return Adapter()


def opened(url: str) -> bool:
    """Opens the user's browser; where it cannot, the page is named on the terminal, unless the log is shown and says so."""
    is_open = _opens(url)
    if not is_open and not _is_log_shown():
        sys.stderr.write(f"open this page to sign in: {url}\n")
    return is_open


def _is_log_shown() -> bool:
    found: logging.Logger | None = logger
    while found is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in found.handlers):
            return logger.isEnabledFor(logging.WARNING)
        found = found.parent if found.propagate else None
    return False


def _opens(url: str) -> bool:
    # It takes its time to load, and hardly anybody needs it.
    import webbrowser

    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    # Browsers of text would take the program's terminal. The one that `BROWSER` names is of their class: it is the user's choice.
    is_of_text = type(found) is webbrowser.GenericBrowser and found.name in OF_TEXT
    return not is_of_text and found.open(url)
