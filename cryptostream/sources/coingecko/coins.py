"""Which coin in which currency stands for a symbol: BINANCE:BTCUSDT is bitcoin in usd.

Pure. A dollar coin counts as a dollar here: the record then says that its currency is USD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.errors import SourceError
from cryptostream.symbols import split_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VENUE = "COINGECKO"
# Quote asset of a ticker -> CoinGecko's name of the currency and everybody's. The longest
# matching end of a ticker is its quote, so that BTCUSDT is not in "T".
_CURRENCIES = {
    "USDT": ("usd", "USD"),
    "USDC": ("usd", "USD"),
    "FDUSD": ("usd", "USD"),
    "TUSD": ("usd", "USD"),
    "BUSD": ("usd", "USD"),
    "USD": ("usd", "USD"),
    "EUR": ("eur", "EUR"),
    "GBP": ("gbp", "GBP"),
    "JPY": ("jpy", "JPY"),
    "CHF": ("chf", "CHF"),
    "AUD": ("aud", "AUD"),
    "CAD": ("cad", "CAD"),
    "BRL": ("brl", "BRL"),
    "TRY": ("try", "TRY"),
    "BTC": ("btc", "BTC"),
    "ETH": ("eth", "ETH"),
    "BNB": ("bnb", "BNB"),
}
_QUOTES = sorted(_CURRENCIES, key=len, reverse=True)
# Namesakes that an error message names.
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Need:
    """What a symbol asks for; ``label`` is the currency of its record, where it is another."""

    asset: str
    currency: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Price:
    """A price that can be asked for: a coin in a currency."""

    coin: str
    currency: str


def need_of(symbol: str) -> Need | None:
    """Return what a canonical symbol asks for; ``None`` when its quote is no known currency."""
    _, ticker = split_symbol(symbol)
    for quote in _QUOTES:
        asset = ticker.removesuffix(quote)
        if asset and asset != ticker:
            currency, label = _CURRENCIES[quote]
            return Need(asset, currency, None if label == quote else label)
    return None


def ids_by_asset(settings: Iterable[str]) -> dict[str, str]:
    """Return the coin of each asset from settings like ``BTC=bitcoin``; the last one counts."""
    pairs = (entry.partition("=") for entry in settings)
    return {asset: coin for asset, _, coin in pairs}


def found_in_list(asset: str, listed: Mapping[str, list[str]]) -> str:
    """Return the only coin with an asset's symbol; ``listed`` maps symbols to coins.

    Raises:
        SourceError: there is none, or more than one: which of them is meant, nobody can say.

    """
    coins = listed.get(asset.lower(), [])
    if len(coins) == 1:
        return coins[0]
    if not coins:
        raise unknown(f"CoinGecko lists no coin with the symbol {asset}")
    some = ", ".join(coins[:_SHOWN]) + ("…" if len(coins) > _SHOWN else "")
    raise unknown(
        f"CoinGecko lists {len(coins)} coins with the symbol {asset} ({some})",
        hint=f"choose one in sources.coingecko.ids: {asset}={coins[0]}",
    )


def unknown(text: str, hint: str = "") -> SourceError:
    """Return the error for a symbol that this source does not have."""
    return SourceError(text, code="unknown_symbol", hint=hint, retriable=False)
