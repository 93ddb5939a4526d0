"""The listings on disk: one file for each exchange and address; the calls block."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
from loguru import logger

from cryptostream.sources.directory.instruments import FORM, Kept
from cryptostream.whole_file import replace_file


def cache_dir() -> Path:
    """Return the directory of our files in the user's cache, as XDG says; it may not exist."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # XDG says that a relative path is to be ignored.
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "cryptostream"


def file_of(place: Path, exchange: str, url: str) -> Path:
    """Return the file of an exchange's listing from an address: another one is another market."""
    key = hashlib.sha256(url.encode()).hexdigest()[:16]
    return place / f"listing-{exchange.lower()}-{key}.msgpack"


def read(file: Path, exchange: str, url: str) -> Kept | None:
    """Return the listing that is kept in a file; ``None`` without one, or without a sound one."""
    try:
        kept = msgspec.msgpack.decode(file.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    # RecursionError: nested deeper than the decoder follows, in a part that is only skipped.
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        logger.warning("the kept listing of {} cannot be read and is ignored: {}", exchange, error)
        return None
    if (kept.form, kept.exchange, kept.url) != (FORM, exchange, url) or not kept.instruments:
        logger.warning("the kept listing of {} is of another form and is ignored", exchange)
        return None
    return kept


def write(file: Path, kept: Kept) -> None:
    """Keep a listing; the file is whole at every moment. A failure is only logged."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, msgspec.msgpack.encode(kept))
    except OSError as error:
        logger.warning("the listing of {} cannot be kept on disk: {}", kept.exchange, error)
