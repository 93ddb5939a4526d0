"""A source of your own: prices as text lines from a TCP server.

It sends ``BINANCE:BTCUSDT`` and a line end for each ticker that somebody wants, and reads lines
like ``BINANCE:BTCUSDT 67123.45``, or ``BINANCE:NOSUCH unknown``. Install it beside the daemon
(``pip install ./examples/source``) and say in the settings where the server is:

    [sources]
    order = ["lines", "tradingview"]
    options = ["lines.address=127.0.0.1:9999"]
"""

import asyncio
import contextlib
import time
from decimal import Decimal, InvalidOperation

from cryptostream.records import Tick
from cryptostream.sources.base import Capabilities, SourceKind, Timeliness, UsePolicy
from cryptostream.symbols import plain_symbol, split_symbol
from cryptostream.wire.hop import PageState, Report


class LinesSource:
    name = "lines"

    def __init__(self, config, outlet):
        self._host, _, self._port = config.sources.option("lines", "address").rpartition(":")
        self._outlet = outlet
        self._open = {}  # symbol as it was asked for -> its newest report
        self._writer = None

    async def open(self, symbol, generation):
        self._say(symbol, generation, PageState.LOADING, "loading", "asked for")
        self._ask(symbol)

    async def close(self, symbol, generation):
        if symbol in self._open and self._open[symbol].generation == generation:
            del self._open[symbol]

    def reports(self):
        return list(self._open.values())

    def describe(self):
        return {"tickers": len(self._open)}

    async def run(self):
        while True:
            with contextlib.suppress(OSError):
                reader, self._writer = await asyncio.open_connection(self._host, int(self._port))
                with contextlib.closing(self._writer):
                    for symbol in self._open:
                        self._ask(symbol)
                    while line := await reader.readline():
                        self._take(*line.decode("ascii", "replace").split()[:2])
            for old in self.reports():
                # What is held may be old now: say so at once, and come back by yourself.
                self._say(old.symbol, old.generation, PageState.STALE, "unreachable", "lost")
            await asyncio.sleep(0.2)

    def _ask(self, symbol):
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(f"{plain_symbol(symbol)}\n".encode())

    def _take(self, name="", text=""):
        for one in [one for one in self.reports() if plain_symbol(one.symbol) == name]:
            if text == "unknown":
                code, why = "unknown_symbol", "the server does not know it"
                self._say(one.symbol, one.generation, PageState.FAILED, code, why)
            with contextlib.suppress(InvalidOperation):
                if Decimal(text).is_finite() and Decimal(text) > 0:
                    self._price(one, Decimal(text))

    def _price(self, one, price):
        facts = {"source": self.name, "method": "stream", "ts_observed": time.time_ns()}
        self._outlet.tick(Tick(symbol=one.symbol, last=price, **facts))
        if one.state is not PageState.LIVE:
            self._say(one.symbol, one.generation, PageState.LIVE, "ok", "prices are coming in")

    def _say(self, symbol, generation, state, code, text):
        ended = state is PageState.FAILED  # and asking again cannot help
        facts = {"code": code, "text": text, "ts": time.time_ns(), "retriable": not ended}
        report = Report(symbol=symbol, generation=generation, state=state, **facts)
        self._open[symbol] = report
        if ended:
            del self._open[symbol]
        self._outlet.report(report)


KIND = SourceKind(
    name="lines",
    summary="prices as text lines from a TCP server",
    capabilities=Capabilities(trades=False, bid_ask=False, history=False),
    policy=UsePolicy(automated=True, redistribution=True, needs_key=False, terms="your own"),
    timeliness=Timeliness.REAL_TIME,
    venue=lambda symbol, _config: split_symbol(symbol)[0],
    load=lambda: LinesSource,
)
