"""Many WebSocket viewers in one process: they count what they get, a few check every sequence.

``python -m bench.viewers``, asked through :mod:`bench.helper`.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.helper import serve

if TYPE_CHECKING:
    from collections.abc import Sequence

# One viewer of so many reads all that it gets; the others count.
_CHECKED = 25
_TICK = b'"k":"tick"'


class Viewer(WSListener):
    """One connection. ``marker`` is what stands in a message once for each tick."""

    def __init__(self, opening: str, marker: bytes, *, checks: bool) -> None:
        super().__init__()
        self.ticks = 0
        self.told = 0  # records that it was told it missed
        self.holes = 0  # records that it was not told of
        self.ended = False
        self._opening = opening
        self._marker = marker
        self._checks = checks
        self._seen: dict[str, int] = {}
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say what is wanted."""
        self.transport = transport
        if self._opening:
            transport.send(WSMsgType.TEXT, self._opening)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count, and perhaps check."""
        if frame.msg_type is WSMsgType.CLOSE:
            self.ended = True
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        self.ticks += payload.count(self._marker)
        if self._checks:
            self._check(json.loads(payload))

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """Note the end."""
        self.ended = True

    def _check(self, message: dict[str, Any]) -> None:
        if message.get("t") == "gap" and message["kind"] == "tick":
            self._seen[message["symbol"]] = message["last"]
            self.told += message["last"] - message["first"] + 1
        for record in message.get("records", ()):
            if record["k"] != "tick":
                continue
            symbol, seq = record["symbol"], record["seq"]
            known = self._seen.get(symbol)
            if known is not None and not record.get("image"):
                self.holes += max(0, record.get("first", seq) - known - 1)
            self._seen[symbol] = seq


class Viewers:
    """All of them."""

    def __init__(self) -> None:
        self._all: list[Viewer] = []

    async def connect(
        self, url: str, count: int, openings: Sequence[str], marker: str = "", *, check: bool = True
    ) -> None:
        """Connect so many, with these first messages in turn."""
        mark = marker.encode() or _TICK
        for number in range(count):
            checks = check and number % _CHECKED < len(openings)
            viewer = Viewer(openings[number % len(openings)], mark, checks=checks)
            await ws_connect(lambda one=viewer: one, url)
            self._all.append(viewer)

    async def found(self) -> dict[str, int]:
        """Return what all of them got so far."""
        return {
            "ticks": sum(one.ticks for one in self._all),
            "told": sum(one.told for one in self._all),
            "holes": sum(one.holes for one in self._all),
            "ended": sum(one.ended for one in self._all),
        }

    async def leave(self) -> None:
        """Disconnect."""
        for one in self._all:
            if one.transport is not None:
                one.transport.disconnect()
        self._all.clear()


async def main() -> None:
    """Serve until stdin ends."""
    viewers = Viewers()
    await serve({name: getattr(viewers, name) for name in ("connect", "found", "leave")})


if __name__ == "__main__":
    asyncio.run(main())
