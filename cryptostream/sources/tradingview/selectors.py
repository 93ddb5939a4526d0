"""Where the price stands: ordered rules, best first, as data for the observer.

The rule that matched travels with every tick: a drift to a later rule means that the site
has changed. Hashed class names are new about once a year, so the rules lean on what has
held since 2019: ``js-symbol-last``, ``data-symbol``, ``data-qa-id``.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptostream.symbols import split_symbol


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to find the price node.

    ``css`` may match several elements: the first that is not hidden, belongs to the symbol
    and has text is taken. ``pattern`` further restricts its class attribute.
    """

    name: str
    css: str
    pattern: str = ""


def rules(symbol: str) -> tuple[Rule, ...]:
    """Return the rules for a symbol, best first."""
    header = f'.js-symbol-header-ticker[data-symbol="{symbol}"]:not(.i-hidden)'
    return (
        Rule("header", f"{header} .js-symbol-last"),
        Rule("header-qa-id", f'{header} [data-qa-id="symbol-last-value"]'),
        Rule("qa-id", '[data-qa-id="symbol-last-value"]'),
        Rule("bound", f'.quote-ticker-inited[data-symbol="{symbol}"] .js-symbol-last'),
        Rule("main", "main .js-symbol-last"),
        Rule("any", ".js-symbol-last"),
        Rule(
            "hashed-class",
            '.js-symbol-page-header-root [class*="last-"], #js-category-content [class*="last-"]',
            r"(^|\s)last-[\w-]{8}(\s|$)",
        ),
        Rule("quote-value", ".tv-symbol-price-quote__value"),
        Rule("price-wrapper", '[class^="priceWrapper-"] [class*="price-"]'),
    )


def page_url(base_url: str, symbol: str) -> str:
    """Return the address of a symbol's page in its canonical form."""
    exchange, ticker = split_symbol(symbol)
    return f"{base_url.rstrip('/')}/symbols/{ticker}/?exchange={exchange}"
