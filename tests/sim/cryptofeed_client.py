"""A program: cryptofeed's own Binance client at the address given, its findings as lines."""

import json
import sys

from cryptofeed import FeedHandler
from cryptofeed.connection import RestEndpoint, Routes, WebsocketEndpoint
from cryptofeed.defines import TICKER, TRADES
from cryptofeed.exchanges import Binance


class Replica(Binance):
    websocket_endpoints = (WebsocketEndpoint(f"wss://{sys.argv[1]}"),)
    rest_endpoints = (RestEndpoint(f"http://{sys.argv[1]}", routes=Routes("/api/v3/exchangeInfo")),)

    def connect(self):
        """Connect without TLS, which the library refuses to be told in the address."""
        found = super().connect()
        for connection, *_ in found:
            connection.address = connection.address.replace("wss://", "ws://")
        return found


def say(**found):
    sys.stdout.write(json.dumps(found, default=str) + "\n")
    sys.stdout.flush()


async def on_trade(trade, _):
    side, price, amount = trade.side, trade.price, trade.amount
    say(kind="trade", symbol=trade.symbol, side=side, price=price, amount=amount, id=trade.id)


async def on_ticker(ticker, _):
    say(kind="ticker", symbol=ticker.symbol, bid=ticker.bid, ask=ticker.ask)


def main():
    handler = FeedHandler(config={"log": {"disabled": True}, "uvloop": False})
    callbacks = {TRADES: on_trade, TICKER: on_ticker}
    handler.add_feed(Replica(symbols=["BTC-USDT"], channels=list(callbacks), callbacks=callbacks))
    handler.run()


if __name__ == "__main__":
    main()
