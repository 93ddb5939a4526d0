"""Messages and times that several tests of the source need."""

from cryptostream.sources.binance.messages import BookMessage, DayMessage, TradeMessage

# 2026-01-01 in ns, and the same in ms.
NOW = 1_767_225_600_000_000_000
NOW_MS = NOW // 1_000_000


def trade(number, price="100.00", quantity="0.5", *, sold=False, at=NOW_MS):
    return TradeMessage("BTCUSDT", number, price, quantity, at, sold)


def book(update, bid="99.00", ask="101.00"):
    return BookMessage(update, "BTCUSDT", bid, ask)


def day(last="100.00", opened="80.00", **rest):
    return DayMessage("BTCUSDT", last, opened, "7.5", **rest)
