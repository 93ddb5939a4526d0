"""CryptoStream: a local market-data daemon.

``cryptostream.client`` connects to a running daemon; ``cryptostream.Daemon`` runs one inside
your own program.
"""

__version__ = "0.1.0"
