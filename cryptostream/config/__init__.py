"""The settings: one typed, frozen description, from which defaults, checks and documents come."""

from cryptostream.config.directory import Directory
from cryptostream.config.loading import Loaded, load
from cryptostream.config.sample import sample
from cryptostream.config.settings import (
    Browsers,
    Config,
    Logs,
    Reconciler,
    Router,
    Sim,
    Supervision,
)
from cryptostream.config.sources import Sources
from cryptostream.config.tradingview import TradingView

__all__ = [
    "Browsers",
    "Config",
    "Directory",
    "Loaded",
    "Logs",
    "Reconciler",
    "Router",
    "Sim",
    "Sources",
    "Supervision",
    "TradingView",
    "load",
    "sample",
]
