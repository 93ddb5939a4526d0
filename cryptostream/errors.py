"""The error tree of CryptoStream: what travels over the wire and what a user reads.

::

    CryptoStreamError
     +-- ConfigError          a setting is wrong; nothing was started
     +-- BadSymbol            the text is not a ticker
     +-- UnknownSymbol        well formed, but no source lists it
     +-- ProtocolError        bytes that are not our protocol
     +-- RequestError         a request the router refuses
     +-- NotConnected         no daemon answers
     +-- Overloaded           a bound was reached
     +-- SourceError          a page, browser or feed failed
     +-- StartError           the daemon cannot start here

Every error has a ``code`` (stable, part of the protocol), says whether trying the
same again can help (``retriable``) and what to do about it (``hint``).
"""

from __future__ import annotations


class CryptoStreamError(Exception):
    """Base of all our errors; ``code`` is stable and travels on the wire."""

    code = "internal"
    retriable = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        retriable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code
        if retriable is not None:
            self.retriable = retriable

    def line(self) -> str:
        """Return the error as the one line a person reads: what happened, then the remedy."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(CryptoStreamError):
    """A setting is unknown, of the wrong type or out of range."""

    code = "bad_config"


class BadSymbol(CryptoStreamError):
    """The text cannot be a ticker."""

    code = "bad_symbol"


class UnknownSymbol(CryptoStreamError):
    """The ticker is well formed, but no source lists it; ``suggestions`` are near names."""

    code = "unknown_symbol"
    suggestions: tuple[str, ...] = ()


class ProtocolError(CryptoStreamError):
    """Bytes that do not follow ``docs/protocol.md``."""

    code = "malformed"


class RequestError(CryptoStreamError):
    """A well-formed request that the router refuses."""

    code = "bad_request"


class NotConnected(CryptoStreamError):
    """No daemon answers at the address."""

    code = "not_connected"
    retriable = True


class Overloaded(CryptoStreamError):
    """A bound (tickers, queue, message size, capacity) was reached."""

    code = "overloaded"
    retriable = True


class SourceError(CryptoStreamError):
    """A page, a browser or a feed failed; ``retry_after`` is the pause in s that it asked for."""

    code = "source_failed"
    retriable = True
    retry_after: float | None = None


class StartError(CryptoStreamError):
    """The daemon cannot start here: a port in use, no browser, no display."""

    code = "cannot_start"
