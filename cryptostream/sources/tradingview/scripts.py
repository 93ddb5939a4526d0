"""The scripts that run in the page, and the settings they get."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from cryptostream.sources.tradingview.selectors import rules

if TYPE_CHECKING:
    from cryptostream.config.tradingview import TradingView

BINDING = "__cryptostream"


@cache
def _source(name: str) -> str:
    return resources.files("cryptostream.sources.tradingview").joinpath(name).read_text("utf-8")


def load_scripts() -> None:
    """Read all scripts, so that no page waits for a disk on the event loop."""
    for name in ("observer.js", "diet.js"):
        _source(name)


def observer_script(symbol: str, settings: TradingView) -> str:
    """Return the script that observes a symbol's price in its page."""
    config = {
        "binding": BINDING,
        "symbol": symbol,
        "rules": [asdict(rule) for rule in rules(symbol)],
        "stability": settings.stability_ms,
    }
    return f"({_source('observer.js')})({json.dumps(config)});"


def diet_script(settings: TradingView) -> str:
    """Return the script that keeps a page from laying out and animating."""
    config = {"hideLayout": settings.hide_layout, "animationHz": settings.animation_hz}
    return f"({_source('diet.js')})({json.dumps(config)});"
