"""Exit codes, by name: scripts may rely on them."""

from __future__ import annotations

import enum

from cryptostream.errors import (
    BadSymbol,
    ConfigError,
    CryptoStreamError,
    NotConnected,
    StartError,
    UnknownSymbol,
)


class Exit(enum.IntEnum):
    """What the exit status of ``cryptostream`` says."""

    OK = 0
    FAILED = 1
    USAGE = 2  # click's own: a wrong option or argument
    NOT_CONNECTED = 3
    UNKNOWN_TICKER = 4
    BAD_CONFIG = 5
    CANNOT_START = 6
    CHECK_FAILED = 7


_EXITS: tuple[tuple[type[CryptoStreamError], Exit], ...] = (
    (NotConnected, Exit.NOT_CONNECTED),
    (UnknownSymbol, Exit.UNKNOWN_TICKER),
    (BadSymbol, Exit.UNKNOWN_TICKER),
    (ConfigError, Exit.BAD_CONFIG),
    (StartError, Exit.CANNOT_START),
)


def exit_for(error: CryptoStreamError) -> Exit:
    """Return the exit code that an error ends the program with."""
    return next((code for kind, code in _EXITS if isinstance(error, kind)), Exit.FAILED)
