"""One viewer's requests: each is answered, per ticker, in their order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cryptostream import __version__
from cryptostream.errors import BadSymbol, CryptoStreamError, Overloaded, RequestError
from cryptostream.gateway import messages as m
from cryptostream.gateway.lanes import granted
from cryptostream.gateway.viewer import Subscription
from cryptostream.symbols import parse_symbol
from cryptostream.wire.effects import Rejected

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from cryptostream.gateway.hub import Hub
    from cryptostream.gateway.upstream import Upstream
    from cryptostream.gateway.viewer import Cursor, Viewer

# Both are on one machine: a daemon that has not answered after so long (s) is away.
_VERDICT_WITHIN = 3.0
_RECOVER_WITHIN = 5.0
Result = dict[str, Any]


class Conversation:
    """Carries out the requests of one viewer."""

    def __init__(self, viewer: Viewer, hub: Hub, upstream: Upstream, config: Config) -> None:
        self._viewer = viewer
        self._hub = hub
        self._upstream = upstream
        self._config = config

    async def answer(self, request_id: m.RequestId, request: m.Request) -> None:
        """Carry out a request; the answer comes before the records that follow from it."""
        match request:
            case m.Hello():
                fields = self._hello(request)
            case m.Subscribe() | m.Modify() | m.Set():
                await self._follow(request_id, request)
                return
            case m.Unsubscribe():
                fields = {"results": [self._release(one) for one in request.tickers]}
            case m.Pause():
                self._hub.pause(self._viewer)
                fields = {}
            case m.Resume():
                self._say(request_id, {})
                self._hub.resume(self._viewer, time.monotonic())
                self._upstream.serve()
                return
            case m.Ping():
                fields = {"ts": time.time_ns()}
        self._say(request_id, fields)
        self._upstream.sync()
        self._upstream.serve()

    def refuse(self, request_id: m.RequestId, error: CryptoStreamError) -> None:
        """Answer a request that could not be read or is not allowed."""
        self._hub.tell(self._viewer, m.refusal(request_id, error))
        self._upstream.serve()

    async def subscribe(self, request: m.Subscribe | m.Modify | m.Set) -> dict[str, Any]:
        """Follow tickers; return the keys of the answer."""
        fields, begin = await self._prepare(request)
        begin()
        return fields

    def _say(self, request_id: m.RequestId, fields: dict[str, Any], place: int | None = None) -> None:
        self._hub.tell(self._viewer, {"re": request_id, "ok": True, **fields}, place)

    def _hello(self, request: m.Hello) -> dict[str, Any]:
        viewer, gateway = self._viewer, self._config.gateway
        viewer.client_id = request.client_id
        viewer.interval_ms = granted(request.interval_ms)
        viewer.recover.update(_cursors(request.recover))
        server = {
            "version": __version__,
            "heartbeat_ms": round(gateway.heartbeat * 1000),
            "default_exchange": self._config.default_exchange,
            "simulated": self._upstream.simulated,
            "connected": self._upstream.connected,
            "max_tickers": self._most(),
            "max_message": gateway.max_message,
        }
        return {"server": server}
