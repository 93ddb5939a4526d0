"""What a page carries beside its header: symbolInfo, ld+json, other symbols, heavy things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.sim.instruments import others
from cryptostream.sim.looks import price_text
from cryptostream.sim.templates import escape, inline_json

if TYPE_CHECKING:
    from cryptostream.sim.instruments import Instrument
    from cryptostream.sim.quote import Quote

WATCHLIST_ROWS = 17
CARDS = 6
PICTURES = 20
_BIG = 500_000


def symbol_info(one: Instrument) -> dict[str, object]:
    """Return ``initData.symbolInfo``."""
    exchange = {"id": one.exchange, "name": one.exchange.title(), "description": one.exchange,
                "country": "", "exchange_type": "exchange", "url": ""}  # fmt: skip
    return {
        "resolved_symbol": one.symbol,
        "pro_symbol": one.symbol,
        "primary_name": one.symbol,
        "short_name": one.ticker,
        "description": one.description,
        "short_description": one.description,
        "local_description": one.description,
        "exchange": one.exchange,
        "exchange_for_display": one.exchange,
        "source2": exchange,
        "provider_id": one.exchange.lower(),
        "type": "crypto",
        "typespecs": ["crypto"],
        "currency": one.quote,
        "currency_code": one.quote,
        "currency_id": f"XTVC{one.quote}",
        "base_currency": one.base,
        "base_currency_id": f"XTVC{one.base}",
        "is_crypto": True,
        "is_etf": False,
        "has_price_snapshot": True,
        "has_fundamentals": False,
        "is_derived_data": False,
        "is_spread": False,
        "timezone": "Etc/UTC",
        "language": "en",
        "flag": "",
        "country": "",
        "source_logo_id": f"provider/{one.exchange.lower()}",
        "isin_displayed": "",
        "underlying_symbol": "",
        "root": "",
        "product": "",
    }


def _blocks(one: Instrument, quote: Quote) -> list[dict[str, object]]:
    price = price_text(quote.last, one.decimals, grouped=False)
    offer = {"@type": "Offer", "price": price, "priceCurrency": one.quote,
             "priceValidUntil": "2021-01-08T00:00:46Z"}  # fmt: skip
    question = {"@type": "Question", "name": "Is this price real?",
                "acceptedAnswer": {"@type": "Answer", "text": "No, it is simulated."}}  # fmt: skip
    return [
        {"@type": "FinancialProduct", "name": one.description, "category": "Cryptocurrency",
         "tickerSymbol": one.ticker, "identifier": [one.symbol], "offers": offer,
         "provider": {"@type": "Organization", "name": "Simulated market"}},
        {"@type": "Dataset", "name": f"{one.ticker} (simulated)",
         "creator": {"@type": "Organization", "name": one.exchange}},
        {"@type": "Organization", "name": "Simulated market"},
        {"@type": "BreadcrumbList", "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": "Markets"},
            {"@type": "ListItem", "position": 2, "name": one.ticker}]},
        {"@type": "FAQPage", "mainEntity": [question]},
    ]  # fmt: skip


def ld_json(one: Instrument, quote: Quote) -> str:
    """Return the five ld+json blocks; the price in the first is a snapshot."""
    context = {"@context": "https://schema.org"}
    return "\n".join(
        f'<script type="application/ld+json">{inline_json(context | block)}</script>'
        for block in _blocks(one, quote)
    )


def watchlist(one: Instrument) -> str:
    """Return the rows of other symbols, whose prices also have a class ``last-…``."""
    return "\n".join(
        f'<div class="symbol-RsFlttSS" data-symbol-full="{escape(row.symbol)}" '
        f'data-symbol-short="{escape(row.ticker)}" data-status="resolved" '
        f'data-sim-row="{escape(row.symbol)}"><span class="cell-RsFlttSS">{escape(row.ticker)}'
        '</span><span class="cell-RsFlttSS last-RsFlttSS"><span class="inner-RsFlttSS"></span>'
        '</span><span class="cell-RsFlttSS js-sim-change"></span></div>'
        for row in others(one.symbol, WATCHLIST_ROWS)
    )


def cards(one: Instrument) -> str:
    """Return market-summary cards: js-symbol-last of other symbols, without data-symbol."""
    return "\n".join(
        f'<div class="container-MounR3ug quote-ticker-inited" data-sim-row="{escape(card.symbol)}">'
        f'<a href="/symbols/{escape(card.ticker)}/?exchange={escape(card.exchange)}">'
        f'{escape(card.description)}</a> <span class="value-MounR3ug js-symbol-last"></span>'
        f'<span class="unit-MounR3ug js-symbol-currency">{escape(card.quote)}</span>'
        '<span class="dataMode-t9ccEaDX js-data-mode"></span>'
        '<span class="sessionStatus-t9ccEaDX js-symbol-session-status"></span>'
        '<span class="change-jFTZFkQA"><span class="changePositive-jFTZFkQA js-sim-change">'
        "</span></span></div>"
        for card in others(one.symbol, CARDS, WATCHLIST_ROWS)
    )


def head_extras(*, heavy: bool) -> str:
    """Return what a real head loads beside its script."""
    if not heavy:
        return ""
    return (
        '<link rel="stylesheet" href="/static/css/style.css">'
        '<script src="/analytics/analytics.js" async></script>'
    )


def body_extras(*, heavy: bool, big: bool) -> str:
    """Return chart, ads and media; ``big`` adds half a megabyte of nothing."""
    heavy_things = (
        '<div class="spinner"></div>'
        '<iframe class="ad" src="/ads/frame.html" width="320" height="80"></iframe>'
        '<iframe class="ad" src="/ads/frame.html?slot=2" width="320" height="80"></iframe>'
        '<video src="/static/media/clip.wav" preload="auto" muted controls></video>'
        '<script src="/static/js/chart.js" defer></script>'
    )
    padding = f"<!-- {'simulated ' * (_BIG // 10)}-->"
    return (heavy_things if heavy else "") + (padding if big else "")


def gallery(*, heavy: bool) -> str:
    """Return the pictures."""
    count = PICTURES if heavy else 0
    return "".join(f'<img src="/static/img/{n}.svg" alt="">' for n in range(count))
