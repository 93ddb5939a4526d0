"""Which of ccxt's methods an exchange is watched with, from what its table says it has. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class What(enum.Enum):
    """What a method brings."""

    TICKERS = enum.auto()
    BIDS_ASKS = enum.auto()
    TRADES = enum.auto()


@dataclass(frozen=True, slots=True)
class Method:
    """One of ccxt's methods: ``many`` takes a list of markets, the others one market."""

    name: str
    what: What
    many: bool

    @property
    def streams(self) -> bool:
        """Whether it waits for what is new instead of asking."""
        return self.name.startswith("watch")


@dataclass(frozen=True, slots=True)
class Methods:
    """How an exchange is followed: ``watched`` methods stream, ``polled`` is asked.

    ``polls``: nothing that is watched brings tickers, so that they are asked for again and again.
    """

    watched: tuple[Method, ...]
    polled: Method | None
    polls: bool


# Codes of errors that mean: ccxt has no stream of the exchange, or none without an account. It
# may still be asked.
POLLED_INSTEAD = frozenset({"unsupported", "unauthorized"})
# The best first: one connection for all markets is better than one for each.
_TICKERS = (
    ("watchTickers", Method("watch_tickers", What.TICKERS, many=True)),
    ("watchTicker", Method("watch_ticker", What.TICKERS, many=False)),
)
_BIDS_ASKS = (("watchBidsAsks", Method("watch_bids_asks", What.BIDS_ASKS, many=True)),)
_TRADES = (
    ("watchTradesForSymbols", Method("watch_trades_for_symbols", What.TRADES, many=True)),
    ("watchTrades", Method("watch_trades", What.TRADES, many=False)),
)
_POLLED = (
    ("fetchTickers", Method("fetch_tickers", What.TICKERS, many=True)),
    ("fetchTicker", Method("fetch_ticker", What.TICKERS, many=False)),
)
# One subscription serves both there, and the one for bids and asks moves with trades as well.
_SHARED = frozenset({"kraken"})


def methods_of(ccxt_id: str, has: Mapping[str, Any], *, streams: bool = True) -> Methods:
    """Return how to follow an exchange; without ``streams`` it is only polled."""
    bids_asks = _first(_BIDS_ASKS, has)
    tickers = _first(_TICKERS, has)
    if ccxt_id in _SHARED and bids_asks is not None:
        tickers = Method(bids_asks.name, What.TICKERS, many=True)
        bids_asks = None
    watched = (tickers, bids_asks, _first(_TRADES, has))
    polled = _first(_POLLED, has)
    if not streams:
        return Methods((), polled, polls=True)
    chosen = tuple(method for method in watched if method is not None)
    return Methods(chosen, polled, polls=tickers is None)


def _first(known: tuple[tuple[str, Method], ...], has: Mapping[str, Any]) -> Method | None:
    # ccxt says True, False, None or "emulated"; what it emulates is a poll in disguise.
    return next((method for name, method in known if has.get(name) is True), None)


def spot_only(types: object) -> object:
    """Return ccxt's option of which markets are loaded, reduced to the spot markets."""
    if isinstance(types, list) and "spot" in types:
        return ["spot"]
    if isinstance(types, dict) and "spot" in types:
        return {name: name == "spot" for name in types}
    return types
