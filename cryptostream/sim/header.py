"""The header of a symbol page: its HTML in any generation, and how the script finds its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.sim.instruments import INSTRUMENTS, Instrument
from cryptostream.sim.looks import generation_of, price_text, served_price
from cryptostream.sim.templates import escape, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.looks import Generation
    from cryptostream.sim.quote import Quote

_QA = ' data-qa-id="symbol-last-value"'
_FALLBACKS = ("BINANCE:ETHUSDT", "BINANCE:BTCUSDT")
# Faults that change the header's HTML beyond its generation.
_SHAPING = (
    "no_qa_id",
    "two_qa_ids",
    "no_js_symbol_last",
    "hidden_copy",
    "unbound_duplicate",
    "delayed",
    "wrong_symbol",
    "wrong_symbol_first",
)
_DIRECTIONS = {
    "header_g0.html": ("up", "down"),
    "header_g1.html": (
        "tv-symbol-price-quote__change--growing",
        "tv-symbol-price-quote__change--falling",
    ),
}
_TICKERS = {
    "header_g0.html": ".js-symbol-header-ticker:has(.large):not(.i-hidden)",
    "header_g1.html": ".js-header-symbol-quotes",
}
_PRICES = {"header_g0.html": ".large", "header_g1.html": ".tv-symbol-price-quote__value"}


@dataclass(frozen=True, slots=True)
class Look:
    """All that decides how a header looks: the instrument, the default generation, the faults."""

    instrument: Instrument
    default: str
    faults: Mapping[str, Params]

    @property
    def generation(self) -> Generation:
        return generation_of(self.default, self.faults)

    @property
    def shown(self) -> Instrument:
        """The instrument in the header: another one under the wrong-symbol faults."""
        for name in ("wrong_symbol", "wrong_symbol_first"):
            if name in self.faults:
                chosen = str(self.faults[name]["other"])
                return INSTRUMENTS[chosen or self._other()]
        return self.instrument

    def _other(self) -> str:
        return next(name for name in _FALLBACKS if name != self.instrument.symbol)


def _price_classes(look: Look) -> dict[str, str]:
    known = "no_js_symbol_last" not in look.faults
    hashed = f"last-{look.generation.last}"
    qa = _QA if look.generation.qa_id and "no_qa_id" not in look.faults else ""
    return {
        "price_class": f"{hashed} js-symbol-last" if known else hashed,
        "last_class": " js-symbol-last" if known else "",
        "qa": qa,
        "hidden_qa": qa if "hidden_copy" in look.faults else "",
    }


def _traps(look: Look, quote: Quote) -> dict[str, str]:
    """Return what stands beside the real price: old copies, unbound rows."""
    decimals, symbol = look.instrument.decimals, escape(look.instrument.symbol)
    old = price_text(quote.previous_close, decimals, grouped=look.generation.grouped)
    row = (
        f'<div class="js-symbol-header-ticker" data-symbol="{symbol}">'
        '<span class="js-symbol-last">&nbsp;\n</span>'
        '<span class="js-symbol-change-pt">&nbsp;\n</span><span class="js-data-mode"></span></div>'
    )
    return {
        "hidden_price": f"<span>{old}</span>" if "hidden_copy" in look.faults else "",
        "unbound": row if "unbound_duplicate" in look.faults else "",
        "second_qa": f"<span{_QA}>{old}</span>" if "two_qa_ids" in look.faults else "",
    }


def _badges(look: Look) -> dict[str, str]:
    late = "delayed" in look.faults
    trading = look.instrument.trading
    return {
        "mode_class": "tv-data-mode--delayed" if late else "tv-data-mode--realtime",
        "mode_title": "Delayed" if late else "Real-time",
        "mode": "D" if late else "R",
        "session": "Market open" if trading else "Market closed",
        "session_class": f"tv-market-status--{'market' if trading else 'out-of-session'}",
    }


def _prices(look: Look, quote: Quote) -> dict[str, str]:
    shown, generation = look.shown, look.generation
    served = served_price(generation, look.faults, quote, shown.decimals)
    day = {"previous": quote.previous_close, "open": quote.open, "low": quote.low,
           "high": quote.high}  # fmt: skip
    texts = {
        name: price_text(units, shown.decimals, grouped=generation.grouped)
        for name, units in day.items()
    }
    return texts | {"price": f"<span>{served}</span>" if served else ""}


def header_html(look: Look, quote_of: Callable[[str], Quote]) -> str:
    """Return the header."""
    generation, shown = look.generation, look.shown
    return fill(
        generation.template,
        row=generation.row,
        quotes=generation.quotes,
        last=generation.last,
        title=generation.title,
        market=generation.market,
        symbol=escape(look.instrument.symbol),
        shown=escape(shown.symbol),
        ticker=escape(shown.ticker),
        exchange=escape(shown.exchange),
        description=escape(shown.description),
        currency=escape(shown.quote),
        **_price_classes(look),
        **_traps(look, quote_of(look.instrument.symbol)),
        **_badges(look),
        **_prices(look, quote_of(shown.symbol)),
    )


def look_key(look: Look) -> str:
    """Return what tells two looks apart; the price in the served header is not part of it."""
    shaping = sorted((name, look.faults[name]) for name in _SHAPING if name in look.faults)
    return f"{look.generation} {look.shown.symbol} {shaping}"


def look_json(look: Look, quote_of: Callable[[str], Quote]) -> dict[str, object]:
    """Return what the page's script needs to find and paint (or rebuild) the header."""
    generation = look.generation
    arrow = generation.arrow
    ticker = f".quotesRow-{generation.quotes} .js-symbol-header-ticker"
    return {
        "key": look_key(look),
        "html": header_html(look, quote_of),
        "ticker": _TICKERS.get(generation.template, ticker),
        "price": _PRICES.get(generation.template, f".last-{generation.last}"),
        "grouped": generation.grouped,
        "split": generation.split_before_point,
        "parentheses": generation.template == "header_g1.html",
        "directions": _DIRECTIONS.get(generation.template, (f"up-{arrow}", f"down-{arrow}")),
        "flash": generation.last,
    }
