"""Rules of a fleet of connections, for the tests of the shards."""

import json

from cryptostream.sources.binance.findings import Trouble
from cryptostream.sources.binance.shards import Rules

KINDS = ("trade", "bookTicker")
CUT = Trouble("reconnecting", "cut")


def rules(**changes):
    made = {
        "kinds": KINDS, "streams_per_connection": 8, "messages_per_second": 4.0, "attempts": 20,
        "reconnect_after": 1000.0, "overlap": 2.0, "backoff_first": 1.0, "backoff_cap": 8.0,
        "chance": lambda: 1.0,
    }  # fmt: skip
    return Rules(**made | changes)


def streams(ask):
    return json.loads(ask.text)["params"]


def number(ask):
    return json.loads(ask.text)["id"]
