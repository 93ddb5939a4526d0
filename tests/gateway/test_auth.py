"""Tokens: kept as hashes, compared without telling anything, with limits of their own."""

import pytest

from cryptostream.errors import ConfigError
from cryptostream.gateway.auth import (
    BadToken,
    Grant,
    bearer,
    bearer_of_subprotocols,
    checked_token,
    digest,
    grant_for,
    new_secret,
)


def test_a_token_is_long_random_and_kept_as_a_hash():
    secret = new_secret()
    token = checked_token("me", secret, 1, Grant(max_tickers=3))

    assert len(secret) >= 43
    assert secret != new_secret()
    assert secret not in repr(token)
    assert token.sha256 == digest(secret)
    grant = grant_for(secret, [checked_token("b", "x", 1, Grant()), token])
    assert (grant.name, grant.max_tickers, grant.token) == ("me", 3, token.sha256[:16])


@pytest.mark.parametrize("secret", ["", "x", "\udcff", "ä" * 9999])
def test_anything_else_opens_nothing(secret):
    with pytest.raises(BadToken):
        grant_for(secret, [checked_token("me", new_secret(), 1, Grant())])


@pytest.mark.parametrize("name", ["", "a b", "-a", "a" * 65, "ä"])
def test_a_name_that_cannot_be_kept_is_refused(name):
    with pytest.raises(ConfigError, match="cannot be named"):
        checked_token(name, "x", 1, Grant())


@pytest.mark.parametrize(
    ("patterns", "symbol", "allowed"),
    [
        ((), "KRAKEN:ETHEUR", True),
        (("BINANCE:*",), "BINANCE:BTCUSDT", True),
        (("BINANCE:*",), "KRAKEN:ETHEUR", False),
        (("binance:*",), "BINANCE:BTCUSDT", False),
        (("A:*", "KRAKEN:ETH*"), "KRAKEN:ETHEUR", True),
    ],
)
def test_a_grant_names_tickers_by_patterns(patterns, symbol, allowed):
    assert Grant(tickers=patterns).allows(symbol) is allowed


def test_where_a_token_may_be():
    assert bearer("Bearer abc") == bearer("bearer  abc ") == "abc"
    assert bearer("Basic abc") == bearer("") == bearer("abc") == ""
    assert bearer_of_subprotocols(["cryptostream.json.v1", "bearer.abc"]) == "abc"
    assert bearer_of_subprotocols([]) == ""
