"""CryptoStream: a local market-data daemon.

``cryptostream.client`` connects to a running daemon; ``cryptostream.Daemon`` runs one inside
your own program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptostream.app.daemon import Daemon

__all__ = ["Daemon", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load the daemon only for those who embed one: a client alone stays light."""
    if name == "Daemon":
        from cryptostream.app.daemon import Daemon  # noqa: PLC0415

        return Daemon
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
