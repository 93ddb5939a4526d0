"""What a page actor knows of its page: readings and frames in, ticks and findings out.

No browser and no loop: the page actor is the shell around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.records import Tick
from cryptostream.sources.tradingview.judge import Judge, Opinion, Reading
from cryptostream.sources.tradingview.numbers import parse_changes
from cryptostream.sources.tradingview.quotes import Quote
from cryptostream.sources.tradingview.vigil import Finding, Vigil
from cryptostream.symbols import plain_symbol
from cryptostream.wire.hop import PageState

if TYPE_CHECKING:
    from decimal import Decimal

    from cryptostream.config.tradingview import TradingView
    from cryptostream.records import Method
    from cryptostream.sources.tradingview.words import Pulse, Value

SOURCE = "tradingview"
_DELAYED = "tv-data-mode--delayed"


class Watch:
    """One ticker's page: what it shows, what its frames say, how sure we are."""

    def __init__(self, symbol: str, settings: TradingView, now: float) -> None:
        self.symbol = symbol
        self.simulated = False
        self.shown = ""  # the symbol that the page shows instead of ours
        self.delayed = False
        self.readings = 0
        self.quote = Quote(plain_symbol(symbol))
        self.judge = Judge(settings.stability_ms, settings.max_jump_percent)
        self.vigil = Vigil(settings.stale_after, now)
        self.last_tick: Tick | None = None
        self._changes: list[str] = []

    @property
    def live(self) -> bool:
        """Whether a price has been believed."""
        return self.last_tick is not None

    def value(self, word: Value, now: float) -> Tick | None:
        """Take a reading of the price node; return the tick that it makes."""
        self.readings += 1
        self._changes = word.changes
        return self._hear(Reading(word.text, word.rule, word.at_ms), now)

    def _hear(self, reading: Reading, now: float) -> Tick | None:
        opinion = self.judge.hear(reading, self._middle())
        self._compare(now)
        if opinion is not Opinion.ACCEPTED:
            return None
        if self.live:
            self.vigil.moved(now)
        else:
            self.vigil.first(now)
        return self._tick("dom", int(reading.at_ms * 1e6))

    def pulse(self, word: Pulse, now: float) -> Tick | None:
        """Take the page's pulse; a price that waited for its confirmation may become a tick."""
        facts = word.facts
        self.vigil.pulsed(now)
        self.simulated = self.simulated or facts.simulated
        self.shown = facts.shown
        self.delayed = _DELAYED in facts.mode or "delayed" in self.quote.mode
        waiting = self.judge.price is None or self.judge.doubtful
        if waiting and facts.text:
            return self._hear(Reading(facts.text, facts.rule, word.at_ms), now)
        self._compare(now)
        return None

    def frame(self, payload: str, now: float, now_ns: int) -> Tick | None:
        """Take a message of the page's quote socket; new bid or ask alone make a tick too.

        A new last price is left to the DOM: what a client sees is what the page shows.
        """
        heard = self.quote.frames + self.quote.heartbeats
        changed = self.quote.feed(payload)
        if self.quote.frames + self.quote.heartbeats != heard:
            self.vigil.lived(now)
        self._compare(now)
        if self.live and "lp" not in changed and changed & {"bid", "ask"}:
            return self._tick("frames", now_ns)
        return None

    def finding(self, now: float) -> Finding:
        """Return what can be said of the page at this moment."""
        found = self.vigil.look(now)
        if found.state is not PageState.LIVE:
            return found
        if self.judge.doubtful:
            return Finding(
                PageState.SUSPECT,
                "implausible",
                "the page shows a price far from the last one; it waits for its confirmation",
            )
        if self.delayed:
            return Finding(PageState.SUSPECT, "delayed", "the page marks its prices as delayed")
        return found

    def _compare(self, now: float) -> None:
        """Hold the page's price against the one in its own frames."""
        framed = self.quote.values.get("lp")
        if framed is not None and self.judge.price is not None:
            self.vigil.compared(framed == self.judge.price, now)

    def _middle(self) -> Decimal | None:
        bid, ask = self.quote.values.get("bid"), self.quote.values.get("ask")
        return None if bid is None or ask is None else (bid + ask) / 2

    def _tick(self, method: Method, ts_observed: int) -> Tick | None:
        price = self.judge.price
        if price is None:
            return None
        values = self.quote.values
        change, percent = self._change(price)
        self.last_tick = Tick(
            symbol=self.symbol,
            source=SOURCE,
            method=method,
            last=price,
            bid=values.get("bid"),
            ask=values.get("ask"),
            volume=values.get("volume"),
            change=change,
            change_percent=percent,
            rule=self.judge.rule,
            ts_observed=ts_observed,
            simulated=self.simulated,
        )
        return self.last_tick

    def _change(self, price: Decimal) -> tuple[Decimal | None, Decimal | None]:
        values = self.quote.values
        if values.get("lp") == price and "ch" in values:
            return values["ch"], values.get("chp")
        return parse_changes(self._changes)
