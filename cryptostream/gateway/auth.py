"""Tokens: who may connect, and how much each may take; rules without I/O.

A token is 32 random bytes. Only its SHA-256 is kept: nobody can guess what a hash of 256 random
bits came from, so the slow hashes that protect people's passwords would only cost time.
"""

from __future__ import annotations

import fnmatch
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Annotated

import msgspec

from cryptostream.errors import ConfigError, CryptoStreamError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Bytes of randomness in a token.
_RANDOM = 32
# So that a token is recognised in a log, a search or a paste.
PREFIX = "cst_"


class BadToken(CryptoStreamError):
    """The token is unknown or revoked."""

    code = "bad_token"


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a viewer may do; ``None`` means the gateway's own limit.

    ``tickers`` are patterns of canonical symbols like ``BINANCE:*``; none means all. ``rate`` is
    in messages per second, ``connections`` at once.
    """

    tickers: tuple[str, ...] = ()
    max_tickers: Annotated[int, msgspec.Meta(ge=1)] | None = None
    rate: Annotated[float, msgspec.Meta(gt=0)] | None = None
    connections: Annotated[int, msgspec.Meta(ge=1)] | None = None
    name: str = ""
    token: str = ""  # the beginning of the hash of the token that gave it

    def allows(self, symbol: str) -> bool:
        """Tell whether a symbol may be followed."""
        return not self.tickers or any(fnmatch.fnmatchcase(symbol, one) for one in self.tickers)


# Of a viewer that needs no token.
EVERYTHING = Grant()


class Token(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One token as it is kept; ``created`` is in s since the Unix epoch."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$")]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    created: int
    grant: Grant = EVERYTHING

    def mark(self) -> str:
        """Return what tells this token from all others, without being of use to anybody."""
        return self.sha256[:16]


def checked_token(name: str, secret: str, created: int, grant: Grant) -> Token:
    """Return what is kept of a new token; ``created`` is s since the Unix epoch.

    Raises:
        ConfigError: the name is not one that can be kept.

    """
    token = Token(name=name, sha256=digest(secret), created=created, grant=grant)
    try:
        return msgspec.convert(msgspec.to_builtins(token), Token)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"a token cannot be named {name!r:.80}",
            hint="use up to 64 letters, digits and the signs _ . @ -",
        ) from error


def new_secret() -> str:
    """Return a token that nobody has seen."""
    return PREFIX + secrets.token_urlsafe(_RANDOM)


def digest(secret: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def grant_for(secret: str, tokens: Iterable[Token]) -> Grant:
    """Return what the holder of a token may do.

    Raises:
        BadToken: nobody holds such a token.

    """
    shown = digest(secret)
    found: Token | None = None
    # All are compared, each in constant time: how long it takes says nothing.
    for token in tokens:
        if hmac.compare_digest(token.sha256, shown):
            found = token
    if found is None:
        raise BadToken(
            "the token is unknown or revoked", hint="make one with 'cryptostream token create'"
        )
    return msgspec.structs.replace(found.grant, name=found.name, token=found.mark())


def bearer(authorization: str) -> str:
    """Return the token of an ``Authorization`` header, ``""`` when it has none."""
    scheme, _, secret = authorization.strip().partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def bearer_of_subprotocols(offered: Iterable[str]) -> str:
    """Return the token among the subprotocols that a browser offers, ``""`` without one."""
    return next((name[7:] for name in offered if name.startswith("bearer.")), "")
