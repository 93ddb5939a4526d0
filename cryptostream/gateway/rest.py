"""The REST endpoints: each asks the daemon once and answers with a JSON object."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from cryptostream.errors import CryptoStreamError, NotConnected, RequestError
from cryptostream.gateway.encoding import Codec, encode_message, encode_record
from cryptostream.gateway.messages import error_map, refused
from cryptostream.symbols import parse_symbol
from cryptostream.wire import messages as m
from cryptostream.wire.frames import Message, decode_meta, decode_payload
from cryptostream.wire.stamping import stamp
from cryptostream.wire.topics import KINDS, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptostream.client.aio import AsyncClient
    from cryptostream.gateway.auth import Grant
    from cryptostream.gateway.services import Services

    Query = Mapping[str, str]

_MOST_HISTORY = 5000
_MOST_FOUND = 200


class Rest:
    """Answers to requests, as bytes of JSON."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._config = services.config

    @property
    def _client(self) -> AsyncClient:
        """The way to the daemon; who asks while it is away is told at once."""
        upstream = self._services.upstream
        if not upstream.connected:
            raise NotConnected("the router does not answer", hint="see 'cryptostream status'")
        return upstream.client

    async def tickers(self, _query: Query, grant: Grant) -> bytes:
        """Return the status of every open ticker."""
        found = [one for one in await self._client.tickers() if grant.allows(one["symbol"])]
        return _json({"tickers": found})

    async def snapshot(self, query: Query, grant: Grant) -> bytes:
        """Return the last values of tickers, each on its own."""
        tickers = [one for one in query.get("tickers", "").split(",") if one.strip()]
        if not tickers:
            raise RequestError("tickers is missing", hint="add ?tickers=BTCUSDT,ETHUSDT")
        most = self._config.gateway.max_tickers
        if len(tickers) > most:
            raise RequestError(f"{len(tickers)} tickers at once", hint=f"{most} at most")
        results: dict[int, bytes] = {}
        allowed: dict[int, str] = {}
        for place, ticker in enumerate(tickers):
            try:
                allowed[place] = self._symbol(ticker, grant)
            except CryptoStreamError as error:
                results[place] = _json(refused(ticker, error))
        if allowed:
            answer = await self._client.request(m.Snapshot(tickers=[*allowed.values()]))
            for place, found in zip(allowed, answer["results"], strict=True):
                results[place] = _snapshot_of(tickers[place], found)
        return b'{"results":[%b]}' % b",".join(results[place] for place in sorted(results))

    async def history(self, query: Query, grant: Grant) -> bytes:
        """Return the newest records of a ticker that the daemon still holds, oldest first."""
        symbol = self._symbol(query.get("ticker", ""), grant)
        kind = query.get("kind", "tick")
        if kind not in KINDS:
            raise RequestError(f"no kind {kind!r:.40}", hint="one of " + ", ".join(KINDS))
        limit = _number(query, "limit", 100, _MOST_HISTORY)
        records = await self._client.history(symbol, limit, kind)
        body = b",".join(encode_record(Codec.JSON, kind, record) for record in records)
        return b'{"symbol":%b,"records":[%b]}' % (_json(symbol), body)

    async def search(self, query: Query, _grant: Grant) -> bytes:
        """Return instruments that contain or resemble a text."""
        request = m.Search(
            text=query.get("q", ""),
            limit=_number(query, "limit", 20, _MOST_FOUND),
            exchange=query.get("exchange", ""),
        )
        answer = await self._client.request(request)
        return _json({"found": answer["found"], "notes": answer["notes"]})

    async def sources(self, _query: Query, _grant: Grant) -> bytes:
        """Return what each installed source is."""
        answer = await self._client.daemon_status()
        return _json({"sources": answer["sources"]})

    async def status(self, _query: Query, _grant: Grant) -> bytes:
        """Return how the daemon and the gateway are."""
        try:
            daemon = await self._client.daemon_status()
        except CryptoStreamError as error:
            # The gateway's own state is worth most when the router is away.
            return _json({"daemon": None, "error": error_map(error), "gateway": self._own()})
        known = {key: value for key, value in daemon.items() if key not in {"v", "id", "ok"}}
        return _json({"daemon": known, "gateway": self._own()})

    def _own(self) -> dict[str, Any]:
        services = self._services
        hub, counters = services.hub, services.counters
        return {
            "uptime": time.monotonic() - services.started,
            "pid": os.getpid(),
            "connected": services.upstream.connected,
            "simulated": services.upstream.simulated,
            "viewers": [
                {
                    "client_id": one.client_id,
                    "address": one.address,
                    "transport": one.transport,
                    "tickers": len(one.follows),
                    "queued": one.outbox.queued,
                    "slow": one.outbox.slow,
                    "records": one.records,
                    "conflated": one.conflated,
                }
                for one in hub.viewers
            ],
            "tickers": {symbol: len(held.viewers) for symbol, held in hub.symbols.items()},
            "counters": {"received_records": hub.received, "gaps": hub.gaps, **_fields(counters)},
        }

    def _symbol(self, ticker: str, grant: Grant) -> str:
        symbol = parse_symbol(ticker, self._config.default_exchange)
        if not grant.allows(symbol):
            raise RequestError(f"this token does not allow {symbol}", code="not_allowed")
        return symbol


def _fields(counters: object) -> dict[str, Any]:
    return {name: getattr(counters, name) for name in type(counters).__slots__}  # type: ignore[attr-defined]


def _json(value: Any) -> bytes:  # noqa: ANN401
    return encode_message(Codec.JSON, value)


def _number(query: Query, name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    # isdecimal takes digits of every script; int reads them all, so nothing else can follow.
    if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise RequestError(f"{name} is {text!r:.40}", hint=f"1 to {most}")
    return int(text[:9])


def _snapshot_of(ticker: str, fields: object) -> bytes:
    result = m.read_answer(fields, m.TickerResult)
    if not result.ok:
        error = m.error_of(result.error)
        return _json(refused(ticker, error, result.symbol))
    told = _json({"ticker": ticker, "ok": True, "symbol": result.symbol})
    records = b",".join(record for image in result.images for record in _image(image))
    return b'%b,"records":[%b]}' % (told[:-1], records)


def _image(frames: list[bytes]) -> list[bytes]:
    message = Message._make(frames)
    meta = decode_meta(message.meta)
    records = stamp(meta, decode_payload(message.topic, message.payload))
    kind = kind_of(message.topic)
    return [encode_record(Codec.JSON, kind, record) for record in records[-1:]]
