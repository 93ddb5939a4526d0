"""Room for all viewers: each connection takes a descriptor, and a shell grants 1,024."""

from __future__ import annotations

import resource

from loguru import logger

# Sockets to the router, their wake-ups, log, token file, and what a library opens for a moment.
_OWN = 128


def make_room(viewers: int) -> int:
    """Raise this process's limit so far that so many viewers fit; return the limit.

    Without room a full house would leave none for the connection to the router. It is said in
    the log when the system grants less.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = viewers + _OWN
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    except (OSError, ValueError):
        granted = soft  # macOS names no hard limit and has one
    if granted < wanted:
        logger.warning(
            "room for {} descriptors only: lower gateway.max_viewers ({}) or raise the limit",
            granted,
            viewers,
        )
    return granted
