"""How the Binance replica refuses a request or a handshake: status, body and headers."""

from __future__ import annotations

from aiohttp import web

from cryptostream.sim.directory import RESTRICTED
from cryptostream.sim.framing import exact_json
from cryptostream.sim.templates import text_of

_FIREWALL, _BANNED, _LIMITED, _REGION = 403, 418, 429, 451
_SERVER_ERRORS = range(500, 600)
_WORDS = {
    _LIMITED: "Too much request weight used (simulated). Please use WebSocket Streams.",
    _BANNED: "Way too much request weight used (simulated); IP banned for a while.",
}


def refusal(status: int, retry_after: int) -> web.Response:
    """Return the answer for a status; 403 is the firewall's page, 451 the region.

    ``retry_after`` is in s; only 429 and 418 carry it. What is no error status is a 500.
    """
    if status == _FIREWALL:
        return web.Response(
            text=text_of("challenge.html"), status=_FIREWALL, content_type="text/html"
        )
    if status == _REGION:
        return _json(_REGION, RESTRICTED)
    if status in _WORDS:
        headers = {"Retry-After": str(retry_after)}
        return _json(status, {"code": -1003, "msg": _WORDS[status]}, headers)
    return _json(
        status if status in _SERVER_ERRORS else 500,
        {"code": -1000, "msg": "Simulated internal error."},
    )


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        text=exact_json(body), status=status, content_type="application/json", headers=headers
    )
