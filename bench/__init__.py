"""Benchmarks, side by side against the usual ways; ``python -m bench`` prints one table."""
