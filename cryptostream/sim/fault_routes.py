"""The switchboard over HTTP: GET, POST and DELETE /faults."""

from __future__ import annotations

import json

from aiohttp import web

from cryptostream.errors import CryptoStreamError
from cryptostream.sim.faults import EVERYTHING, BadFault, FaultBoard, table


def refusal(error: CryptoStreamError, status: int = 400) -> web.Response:
    """Return one of our errors as an answer."""
    body = {"code": error.code, "message": error.message, "hint": error.hint}
    return web.json_response(body, status=status)


async def _body(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadFault("the body is not JSON", hint='write {"name": "freeze"}') from error
    if not isinstance(body, dict):
        raise BadFault("the body is not an object", hint='write {"name": "freeze"}')
    return body


class FaultRoutes:
    """Every answer shows what is active afterwards."""

    def __init__(self, board: FaultBoard) -> None:
        self._board = board

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/faults", self.show),
            web.post("/faults", self.switch_on),
            web.delete("/faults", self.switch_off),
        ]

    async def show(self, _: web.Request) -> web.Response:
        return web.json_response({"active": self._board.active(), "known": table()})

    async def switch_on(self, request: web.Request) -> web.Response:
        try:
            body = await _body(request)
            name, symbol = body.pop("name", ""), body.pop("symbol", EVERYTHING)
            self._board.set(str(name), str(symbol), **body)
        except CryptoStreamError as error:
            return refusal(error)
        return web.json_response({"active": self._board.active()})

    async def switch_off(self, request: web.Request) -> web.Response:
        try:
            self._board.clear(request.query.get("name"), request.query.get("symbol"))
        except CryptoStreamError as error:
            return refusal(error)
        return web.json_response({"active": self._board.active()})
