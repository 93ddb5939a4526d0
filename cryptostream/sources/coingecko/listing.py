"""The list of coins on disk, with its age: a large answer that is asked for once a day."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from loguru import logger

from cryptostream.whole_file import replace_file

if TYPE_CHECKING:
    from pathlib import Path

# Coins are added every day, but hardly one that somebody asks for on the same day (s).
OLD_AFTER = 86_400.0


class Listing(msgspec.Struct, frozen=True):
    """The ids of coins by their symbol in small letters; ``fetched`` in s since the epoch."""

    url: str
    fetched: float
    coins: dict[str, list[str]]

    def is_old(self, now: float) -> bool:
        """Tell whether it should be fetched again; ``now`` in s since the epoch."""
        return not 0 <= now - self.fetched < OLD_AFTER


def file_of(place: Path, url: str) -> Path:
    """Return the file of the list from an address."""
    key = hashlib.sha256(url.encode()).hexdigest()[:16]
    return place / f"coins-{key}.msgpack"


def read(file: Path, url: str) -> Listing | None:
    """Return the list that is kept in a file; ``None`` without a sound one. Blocks."""
    try:
        listing = msgspec.msgpack.decode(file.read_bytes(), type=Listing)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        logger.warning("the kept list of coins cannot be read and is ignored: {}", error)
        return None
    return listing if listing.url == url else None


def write(file: Path, listing: Listing) -> None:
    """Keep the list; the file is whole at every moment. A failure is only logged. Blocks."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, msgspec.msgpack.encode(listing))
    except OSError as error:
        logger.warning("the list of coins cannot be kept on disk: {}", error)
