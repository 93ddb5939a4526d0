"""Run a whole daemon inside your own program, on the simulated market.

Its processes end with this program, however that ends. Environment variables count as usual:
CRYPTOSTREAM_ROUTER__CONTROL, CRYPTOSTREAM_ROUTER__DATA and CRYPTOSTREAM_SIM__PORT move it away
from a daemon that runs already, under another CRYPTOSTREAM_INSTANCE.
"""

from __future__ import annotations

from cryptostream import Daemon

TICKS = 20


def main() -> None:
    """Collect some ticks and say what they were."""
    with Daemon(simulated=True) as daemon, daemon.connect() as cs:
        print(f"serving at {daemon.control} and {daemon.data}")
        prices = []
        for tick in cs.stream("BTCUSDT"):
            prices.append(tick.last)
            if len(prices) == TICKS:
                break
        print(f"{len(prices)} prices from {min(prices)} to {max(prices)}, {cs.gaps} gaps")


if __name__ == "__main__":
    main()
