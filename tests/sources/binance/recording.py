"""An outlet that keeps everything and can be waited on."""

import asyncio

from msgspec.msgpack import decode, encode

from cryptostream.records import Tick, Trade
from cryptostream.wire.hop import Report

DEADLINE_S = 15


class Recorder:
    """``seen`` holds records, as a client would see them, and reports, in their order."""

    def __init__(self):
        self.fails = False
        self.seen = []
        self.flushed = 0
        self._news = asyncio.Event()

    def tick(self, record):
        self._note(decode(encode(record), type=Tick))

    def trade(self, record):
        if self.fails:
            raise ZeroDivisionError
        self._note(decode(encode(record), type=Trade))

    def report(self, report):
        self._note(report)

    def flush(self):
        self.flushed += 1

    def _note(self, item):
        self.seen.append(item)
        self._news.set()

    def mark(self):
        """Return the place from which on what comes is new."""
        return len(self.seen)

    async def until(self, wanted, since=0):
        """Return the first item from a place on that ``wanted`` accepts."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for item in self.seen[since:]:
                    if wanted(item):
                        return item
                since = len(self.seen)
                self._news.clear()
                await self._news.wait()

    async def state(self, state, code=None, symbol=None, since=0):
        """Wait for a report."""

        def wanted(item):
            return (
                isinstance(item, Report)
                and item.state == state
                and code in (None, item.code)
                and symbol in (None, item.symbol)
            )

        return await self.until(wanted, since)

    async def first_tick(self, since=0, **fields):
        """Wait for a tick with these fields."""
        return await self.until(lambda item: isinstance(item, Tick) and has(item, fields), since)

    async def first_trade(self, since=0, **fields):
        """Wait for a trade with these fields."""
        return await self.until(lambda item: isinstance(item, Trade) and has(item, fields), since)

    def trades(self, symbol=None):
        """Return the trades of a symbol."""
        return [
            item for item in self.seen if isinstance(item, Trade) and symbol in (None, item.symbol)
        ]

    def reports(self, symbol=None):
        """Return the states and codes of a symbol, in order."""
        return [
            (item.state, item.code)
            for item in self.seen
            if isinstance(item, Report) and symbol in (None, item.symbol)
        ]


def has(item, fields):
    return all(getattr(item, name) == value for name, value in fields.items())
