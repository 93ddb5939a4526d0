"""The source ``binance``: public streams of the exchange, and its REST for first values."""
