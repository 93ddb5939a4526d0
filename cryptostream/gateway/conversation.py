"""One viewer's requests: each is answered, per ticker, in their order."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from loguru import logger

from cryptostream.errors import BadSymbol, CryptoStreamError, Overloaded, RequestError
from cryptostream.gateway import messages as m
from cryptostream.gateway.lanes import granted
from cryptostream.gateway.version import VERSION
from cryptostream.gateway.viewer import Subscription
from cryptostream.symbols import parse_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryptostream.config.settings import Config
    from cryptostream.gateway.hub import Hub
    from cryptostream.gateway.positions import Cursor, Cursors
    from cryptostream.gateway.upstream import Upstream
    from cryptostream.gateway.viewer import Viewer
    from cryptostream.wire.effects import Rejected

    Following = m.Subscribe | m.Modify | m.Set

# Both are on one machine: a daemon that has not answered after so long (s) is away.
_VERDICT_WITHIN = 3.0
_RECOVER_WITHIN = 5.0
Result = dict[str, Any]


class Conversation:
    """Carries out the requests of one viewer."""

    def __init__(self, viewer: Viewer, hub: Hub, upstream: Upstream, config: Config) -> None:
        self._viewer = viewer
        self._hub = hub
        self._upstream = upstream
        self._config = config

    async def answer(self, request_id: m.RequestId, request: m.Request) -> None:
        """Carry out a request; the answer comes before the records that follow from it."""
        match request:
            case m.Hello():
                fields = self._hello(request)
            case m.Subscribe() | m.Modify() | m.Set():
                await self.follow({"re": request_id}, request)
                return
            case m.Unsubscribe():
                fields = {"results": [self._release(one) for one in request.tickers]}
            case m.Pause():
                self._hub.pause(self._viewer)
                fields = {}
            case m.Resume():
                self._say(request_id, {})
                self._hub.resume(self._viewer, time.monotonic())
                self._upstream.serve()
                return
            case _:
                fields = {"ts": time.time_ns()}
        self._say(request_id, fields)
        self._upstream.sync()
        self._upstream.serve()

    def refuse(self, request_id: m.RequestId, error: CryptoStreamError) -> None:
        """Answer a request that could not be read or is not allowed."""
        self._hub.tell(self._viewer, m.refusal(request_id, error))
        self._upstream.serve()

    async def follow(self, head: dict[str, Any], request: Following) -> None:
        """Change what is followed; the answer begins with ``head`` and has a result per ticker."""
        viewer, hub = self._viewer, self._hub
        cursors = self._cursors(getattr(request, "recover", {}))
        interval_ms = granted(
            viewer.interval_ms if request.interval_ms is None else request.interval_ms
        )
        wanted, removed = self._wishes(request, interval_ms)
        viewer.recover.update(cursors)
        self._upstream.sync()
        symbols = [symbol for _, symbol in wanted if isinstance(symbol, str)]
        verdicts = await self._upstream.verdicts(symbols, _VERDICT_WITHIN)
        await self._remember(symbol for symbol in symbols if symbol in verdicts)
        if viewer not in hub.viewers:
            return  # it left meanwhile, and what it held was released with it
        place = len(viewer.out)
        terms = (interval_ms, request.kinds or ("tick",))
        results = [self._result(ticker, symbol, verdicts, terms) for ticker, symbol in wanted]
        fields = {**head, "ok": True, "interval_ms": interval_ms, "results": [*results, *removed]}
        hub.tell(viewer, fields, place)
        self._upstream.sync()
        self._upstream.serve()

    def _wishes(
        self, request: Following, interval_ms: int
    ) -> tuple[list[tuple[object, str | CryptoStreamError]], list[Result]]:
        """Hold what is to be followed and release what is not; return both."""
        add = request.add if isinstance(request, m.Modify) else request.tickers
        removed: list[Result] = []
        if isinstance(request, m.Modify):
            removed = [self._release(one) for one in request.remove]
            if not add and request.interval_ms is not None:
                self._hub.retime(self._viewer, interval_ms, time.monotonic())
        if isinstance(request, m.Set):
            named = {self._canonical(one) for one in add if isinstance(one, str)}
            extra = sorted(self._viewer.held - {one for one in named if isinstance(one, str)})
            removed = [self._release(symbol) for symbol in extra]
        return [(ticker, self._held(ticker)) for ticker in add], removed

    def _canonical(self, ticker: object) -> str | CryptoStreamError:
        try:
            symbol = parse_symbol(ticker, self._config.default_exchange)
        except BadSymbol as error:
            return error
        if not self._viewer.grant.allows(symbol):
            return RequestError(
                f"this token does not allow {symbol}",
                code="not_allowed",
                hint="ask whoever made the token",
            )
        return symbol

    def _held(self, ticker: object) -> str | CryptoStreamError:
        symbol = self._canonical(ticker)
        if not isinstance(symbol, str):
            return symbol
        if symbol not in self._viewer.held and len(self._viewer.held) >= self._most():
            return Overloaded(
                f"{self._most()} tickers are followed already",
                code="too_many_tickers",
                hint="unsubscribe others first",
            )
        self._hub.hold(self._viewer, symbol)
        return symbol

    def _most(self) -> int:
        own = self._viewer.grant.max_tickers
        most = self._config.gateway.max_tickers
        return most if own is None else min(own, most)

    async def _remember(self, symbols: Iterable[str]) -> None:
        """See to it that the rings reach back to where this viewer stood, if anybody can."""
        fills = []
        for symbol in symbols:
            held = self._hub.symbols.get(symbol)
            for kind, cursor in self._viewer.recover.get(symbol, {}).items():
                if held is not None and _reaches_not(held.ring(kind).after(*cursor)):
                    fills.append(self._upstream.fill(symbol, kind))
        if not fills:
            return
        try:
            async with asyncio.timeout(_RECOVER_WITHIN):
                await asyncio.gather(*fills)
        except TimeoutError:
            logger.warning("the router did not give the history for a recovery in time")

    def _result(
        self,
        ticker: object,
        symbol: str | CryptoStreamError,
        verdicts: Mapping[str, Rejected | None],
        terms: tuple[int, tuple[str, ...]],
    ) -> Result:
        if not isinstance(symbol, str):
            return m.refused(ticker, symbol)
        verdict = verdicts.get(symbol)
        if verdict is not None:
            result = m.refused(ticker, verdict.error, symbol)
            return {**result, "suggestions": [*verdict.suggestions]}
        if symbol not in self._viewer.held:
            return m.refused(ticker, RequestError("it was removed meanwhile"), symbol)
        cursors = self._viewer.recover.pop(symbol, {})
        recovered = self._begin(symbol, terms, cursors)
        result = {"ticker": ticker, "ok": True, "symbol": symbol}
        if cursors:
            result["recovered"] = recovered
        if symbol not in verdicts:
            result["pending"] = True
        return result

    def _begin(
        self, symbol: str, terms: tuple[int, tuple[str, ...]], cursors: dict[str, Cursor]
    ) -> dict[str, bool]:
        interval_ms, kinds = terms
        subscription = Subscription(
            self._viewer, symbol, interval_ms, tick="tick" in kinds, trade="trade" in kinds
        )
        return self._hub.follow(subscription, cursors, time.monotonic())

    def _release(self, ticker: object) -> Result:
        symbol = self._canonical(ticker)
        if not isinstance(symbol, str):
            return m.refused(ticker, symbol)
        self._hub.release(self._viewer, symbol)
        return {"ticker": ticker, "ok": True, "symbol": symbol, "removed": True}

    def _say(self, request_id: m.RequestId, fields: dict[str, Any]) -> None:
        self._hub.tell(self._viewer, {"re": request_id, "ok": True, **fields})

    def _hello(self, request: m.Hello) -> dict[str, Any]:
        viewer, gateway = self._viewer, self._config.gateway
        viewer.client_id = request.client_id
        viewer.interval_ms = granted(request.interval_ms)
        viewer.recover.update(self._cursors(request.recover))
        server = {
            "version": VERSION,
            "heartbeat_ms": round(gateway.heartbeat * 1000),
            "default_exchange": self._config.default_exchange,
            "simulated": self._upstream.simulated,
            "connected": self._upstream.connected,
            "max_tickers": self._most(),
            "max_message": gateway.max_message,
        }
        return {"server": server}

    def _cursors(self, asked: Mapping[str, Mapping[m.Kind, tuple[int, int]]]) -> Cursors:
        """Return cursors by canonical symbols."""
        found: Cursors = {}
        for ticker, kinds in asked.items():
            mine = found.setdefault(parse_symbol(ticker, self._config.default_exchange), {})
            mine.update(kinds.items())
        return found


def _reaches_not(missed: list[Any] | None) -> bool:
    """Tell whether the daemon has to be asked: of an image it knows how it was published."""
    return missed is None or any(record.image for record in missed)
