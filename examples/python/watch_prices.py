"""Print prices as they come, with the blocking client.

python watch_prices.py BTCUSDT ETHUSDT --count 10
"""

from __future__ import annotations

import argparse

from cryptostream.client import connect
from cryptostream.records import DataState


def main() -> None:
    """Follow the tickers of the command line."""
    options = argparse.ArgumentParser(description="Print prices as they come.")
    options.add_argument("tickers", nargs="+")
    options.add_argument("--control", default="tcp://127.0.0.1:7700")
    options.add_argument("--data", default="tcp://127.0.0.1:7701")
    options.add_argument("--count", type=int, help="stop after so many ticks")
    given = options.parse_args()
    with connect(given.control, given.data) as cs:
        for seen, tick in enumerate(cs.stream(*given.tickers), start=1):
            status = cs.status.get(tick.symbol)
            certain = status is not None and status.data is DataState.OK
            labels = ["" if certain else "not certain", "simulated" if tick.simulated else ""]
            print(tick.symbol, tick.last, *filter(None, labels), flush=True)
            if seen == given.count:
                break


if __name__ == "__main__":
    main()
