"""The socket of the Kraken replica as a value machine: texts in, messages out.

No socket and no clock: the connection is the shell around it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryptostream.sim.kraken import BY_NAME
from cryptostream.sim.kraken_messages import DEPTHS, Book, Message, stamp, ticker, trade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptostream.sim.market import Change
    from cryptostream.sim.quote import Quote

CHANNELS = ("ticker", "trade", "book")
_MOST_NAMES = 500


class KrakenProtocol:
    """What one connection has subscribed to, and what it hears."""

    def __init__(self, quote_of: Callable[[str], Quote]) -> None:
        self._quote_of = quote_of
        self._open: dict[tuple[str, str], Message] = {}
        self._books: dict[str, Book] = {}

    def watched(self) -> set[str]:
        """Return the market's symbols that the connection hears of."""
        return {BY_NAME[name].instrument.symbol for _, name in self._open}

    def receive(self, text: str, now_ms: int) -> list[Message]:
        """Return the answers to a message of the client."""
        try:
            request = json.loads(text)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            return [_refused({}, "Malformed request", now_ms)]
        match request.get("method"):
            case "ping":
                return [_answer(request, now_ms) | {"method": "pong"}]
            case "subscribe" | "unsubscribe":
                return list(self._subscription(request, now_ms))
            case _:
                return [_refused(request, "Event(s) not found", now_ms)]

    def _subscription(self, request: Message, now_ms: int) -> Iterator[Message]:
        params = request.get("params")
        params = params if isinstance(params, dict) else {}
        channel, names = params.get("channel"), params.get("symbol")
        if channel not in CHANNELS:
            yield _refused(request, "Subscription name invalid", now_ms)
        elif not isinstance(names, list) or not 0 < len(names) <= _MOST_NAMES:
            yield _refused(request, "Pair field must be an array", now_ms)
        elif channel == "book" and params.get("depth", DEPTHS[0]) not in DEPTHS:
            yield _refused(request, "Subscription depth not supported", now_ms)
        else:
            begin = request["method"] == "subscribe"
            for name in names:
                yield from (self._begin if begin else self._end)(request, params, name, now_ms)

    def _begin(
        self, request: Message, params: Message, name: object, now_ms: int
    ) -> Iterator[Message]:
        channel = str(params["channel"])
        if not isinstance(name, str) or name not in BY_NAME:
            yield _refused(request, f"Currency pair not supported {name}", now_ms, symbol=name)
            return
        if (channel, name) in self._open:
            yield _refused(request, "Already subscribed", now_ms, symbol=name)
            return
        self._open[channel, name] = params
        said = {key: value for key, value in params.items() if key != "symbol"}
        yield _answer(request, now_ms) | {"success": True, "result": said | {"symbol": name}}
        yield from self._snapshot(channel, name)

    def _end(
        self, request: Message, params: Message, name: object, now_ms: int
    ) -> Iterator[Message]:
        channel = str(params["channel"])
        if not isinstance(name, str) or self._open.pop((channel, name), None) is None:
            yield _refused(request, "Subscription Not Found", now_ms, symbol=name)
            return
        result = {"channel": channel, "symbol": name}
        yield _answer(request, now_ms) | {"success": True, "result": result}

    def _snapshot(self, channel: str, name: str) -> Iterator[Message]:
        quote = self._quote_of(BY_NAME[name].instrument.symbol)
        if channel == "ticker" and self._open[channel, name].get("snapshot", True):
            yield ticker(name, quote, snapshot=True)
        elif channel == "book":
            self._books[name] = Book(name)
            yield self._books[name].snapshot(quote)

    def change(self, name: str, change: Change, now_ms: int) -> Iterator[Message]:
        """Yield what the connection hears of a change of the market."""
        subscribed = self._open.get(("ticker", name))
        if subscribed is not None:
            on_trades = subscribed.get("event_trigger", "trades") == "trades"
            if change.traded or not on_trades:
                yield ticker(name, change.quote, snapshot=False)
        if ("trade", name) in self._open and change.trade is not None:
            yield trade(name, change.trade)
        if ("book", name) in self._open:
            yield self._books[name].update(change.quote, now_ms)


def _answer(request: Message, now_ms: int) -> Message:
    answer: Message = {"method": request.get("method")}
    if isinstance(request.get("req_id"), int):
        answer["req_id"] = request["req_id"]
    return answer | {"time_in": stamp(now_ms), "time_out": stamp(now_ms)}


def _refused(request: Message, error: str, now_ms: int, **more: object) -> Message:
    return _answer(request, now_ms) | {"success": False, "error": error} | more
