"""Who may come in: origins, host names, places and message rates, as rules over values."""

from __future__ import annotations

import urllib.parse
from collections import Counter
from typing import TYPE_CHECKING

from cryptostream.config.rules import is_loopback
from cryptostream.errors import Overloaded, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.gateway.viewer import Viewer

# So many seconds' worth of messages may come at once; so many times that is a flood.
BURST_S = 5.0
FLOOD = 10.0


def check_origin(
    origin: str | None, host: str, listens_on: str, origins: Iterable[str] = ()
) -> None:
    """Let programs in, and pages of our own origin or of one that is listed.

    ``origin`` and ``host`` are the request's headers, ``listens_on`` the gateway's address. A
    gateway on loopback also wants to be called by a loopback name: otherwise a foreign page
    could let its own name point at this machine, and be of the same origin.

    Raises:
        RequestError: a foreign page, with the code ``bad_origin``.

    """
    listed = {one.rstrip("/").lower() for one in origins}
    hosts = {urllib.parse.urlsplit(one).netloc for one in listed}
    if is_loopback(listens_on) and not is_loopback(_name(host)) and host.lower() not in hosts:
        raise _foreign(f"the host {host!r:.60} is not this machine's")
    if origin is None or origin.lower() in listed:
        return
    if urllib.parse.urlsplit(origin.lower()).netloc != host.lower():
        raise _foreign(f"pages of {origin!r:.60} may not connect")


def _name(host: str) -> str:
    """Return the name of ``name:port``; an IPv6 address stands in brackets."""
    try:
        return urllib.parse.urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _foreign(message: str) -> RequestError:
    hint = "list the page's origin in gateway.origins"
    return RequestError(message, code="bad_origin", hint=hint)


def check_places(
    viewers: Iterable[Viewer], viewer: Viewer, most: int, most_per_address: int
) -> None:
    """Let a viewer in when there is a place for it: overall, of its address, of its token.

    Raises:
        Overloaded: there is none, with the code ``too_many_viewers``.

    """
    present = list(viewers)
    addresses = Counter(one.address for one in present)
    names = Counter(one.grant.name for one in present)
    grant = viewer.grant
    if len(present) >= most:
        raise _full("all places are taken")
    if addresses[viewer.address] >= most_per_address:
        raise _full("this address has all the places that it may have")
    if grant.connections is not None and names[grant.name] >= grant.connections:
        raise _full("this token has all the connections that it may have")


def _full(message: str) -> Overloaded:
    return Overloaded(message, code="too_many_viewers", hint="try again later")


class Allowance:
    """How many messages one viewer may send: a token bucket; ``now`` is s of a steady clock."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._most = rate * BURST_S
        self._left = self._most
        self._filled = now

    def take(self, now: float) -> bool:
        """Count a message; return whether it is within the limit."""
        self._left = min(self._most, self._left + (now - self._filled) * self._rate)
        self._filled = now
        self._left -= 1.0
        return self._left >= 0

    def is_flood(self) -> bool:
        """Tell whether refusing alone does not help any more."""
        return self._left < -self._most * (FLOOD - 1)
