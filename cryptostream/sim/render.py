"""Whole pages: the symbol page, the chart page and what can stand in their place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.errors import RequestError
from cryptostream.sim import embedded
from cryptostream.sim.header import Look, look_json
from cryptostream.sim.instruments import INSTRUMENTS, Instrument
from cryptostream.sim.looks import price_text
from cryptostream.sim.quotes import MAX_RATE
from cryptostream.sim.synthetic import SyntheticPrices
from cryptostream.sim.templates import escape, fill, inline_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.quote import Quote
    from cryptostream.sim.settings import SimSettings

_SCRIPT = "/static/js/page.js"
_MISSING_SCRIPT = "/static/js/missing.js"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: for what, by which address, under which faults."""

    instrument: Instrument
    host: str
    query: Mapping[str, str]
    faults: Mapping[str, Params]


def _measuring(query: Mapping[str, str]) -> dict[str, float]:
    """Return the measuring switches of an address: paintlog, rate and local.

    Raises:
        RequestError: one is not a number in its range.

    """
    found = {}
    for name in ("paintlog", "rate", "local"):
        try:
            value = float(query.get(name, "0"))
        except ValueError:
            value = -1.0
        if not 0 <= value <= MAX_RATE:
            raise RequestError(f"bad {name}", hint=f"a number from 0 to {MAX_RATE}")
        found[name] = value
    return found


def _config(visit: Visit, settings: SimSettings, quote: Quote) -> dict[str, object]:
    one = visit.instrument
    periods = settings.periods
    return {
        "symbol": one.symbol,
        "ticker": one.ticker,
        "decimals": one.decimals,
        "faults": visit.faults,
        "periods": {"idle": periods.idle * 1000, "reconnect": periods.reconnect * 1000},
        "query": _measuring(visit.query),
        "base": float(price_text(quote.last, one.decimals, grouped=False)),
        "cycle": SyntheticPrices(quote, 1.0).cycle,
    }


def symbol_page(visit: Visit, settings: SimSettings, quote_of: Callable[[str], Quote]) -> str:
    """Return a symbol page.

    Raises:
        RequestError: a measuring switch is wrong.

    """
    one, quote = visit.instrument, quote_of(visit.instrument.symbol)
    look = Look(one, settings.generation, visit.faults)
    described = look_json(look, quote_of)
    config = _config(visit, settings, quote) | {"look": described}
    resolved = look.shown if "wrong_symbol" in visit.faults else one
    heavy = settings.heavy
    return fill(
        "symbol.html",
        ticker=escape(one.ticker),
        exchange=escape(one.exchange),
        description=escape(one.description),
        base=escape(one.base),
        symbol=escape(one.symbol),
        host=escape(visit.host),
        symbol_info=inline_json(embedded.symbol_info(resolved)),
        config=inline_json(config),
        ld_json=embedded.ld_json(one, quote),
        header=str(described["html"]),
        previous=price_text(quote.previous_close, one.decimals, grouped=True),
        open=price_text(quote.open, one.decimals, grouped=True),
        gallery=embedded.gallery(heavy=heavy),
        cards=embedded.cards(one),
        watchlist=embedded.watchlist(one),
        head_extras=embedded.head_extras(heavy=heavy),
        body_extras=embedded.body_extras(heavy=heavy, big="big_page" in visit.faults),
        script=_MISSING_SCRIPT if "script_fails" in visit.faults else _SCRIPT,
    )


def chart_page(visit: Visit, settings: SimSettings, quote_of: Callable[[str], Quote]) -> str:
    """Return a chart page, whose title carries the price."""
    config = _config(visit, settings, quote_of(visit.instrument.symbol))
    return fill(
        "chart.html",
        ticker=escape(visit.instrument.ticker),
        host=escape(visit.host),
        config=inline_json(config | {"look": {}}),
        body_extras=embedded.body_extras(heavy=settings.heavy, big=False),
        script=_SCRIPT,
    )


def index_page() -> str:
    """Return the list of all tickers."""
    rows = "\n".join(
        f'<tr><td><a href="/symbols/{one.ticker}/?exchange={one.exchange}">{one.symbol}</a></td>'
        f"<td>{escape(one.description)}</td><td>{one.status}</td></tr>"
        for one in INSTRUMENTS.values()
    )
    return fill("index.html", rows=rows)
