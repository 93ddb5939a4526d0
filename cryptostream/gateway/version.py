"""Which version this is, as it is installed."""

from __future__ import annotations

from importlib import metadata

VERSION = metadata.version("cryptostream")
