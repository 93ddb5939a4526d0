"""The service of ``prices.proto``: which client has which stream, and the single questions."""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from protobuf.wkt import Struct
from starlette.datastructures import Headers

from cryptostream.errors import CryptoStreamError, RequestError
from cryptostream.gateway import messages as m
from cryptostream.gateway.rest import Rest
from cryptostream.gateway.rpc_early import KEPT_S, Early
from cryptostream.gateway.rpc_errors import rpc_error, taken_over
from cryptostream.gateway.rpc_messages import error_info, instrument_of, records_of
from cryptostream.gateway.rpc_stream import PriceStream
from cryptostream.v1 import prices_pb as pb
from cryptostream.v1.prices_connect import PriceService

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from connectrpc.request import RequestContext

    from cryptostream.gateway.auth import Grant
    from cryptostream.gateway.rpc_early import Key
    from cryptostream.gateway.rpc_messages import Prepared
    from cryptostream.gateway.services import Services

    Context = RequestContext[Any, Any]

_Asked = TypeVar("_Asked", m.Subscribe, m.Modify)
# As long as the client_id of a WebSocket may be.
_LONGEST_ID = 128


class Prices(PriceService):
    """Answers the calls of the schema."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rest = Rest(services)
        self._streams: dict[Key, PriceStream] = {}
        self._early = Early()
        self._numbers = itertools.count(1)

    # -- streams ------------------------------------------------------------------------

    async def stream_prices(
        self, request: pb.StreamPricesRequest, ctx: Context
    ) -> AsyncIterator[Any]:
        """Follow tickers until either side ends it; a stream of the same client ends now."""
        with self._refusing():
            grant, key = self._who(request.client_id, ctx)
            first = _subscription(request)
            stream = self._entered(key, grant, ctx)
        stream.begin(first, self._early.take(key, time.monotonic()))
        try:
            async for event in self._told(stream):
                yield event
        finally:
            if self._streams.get(key) is stream:
                del self._streams[key]

    def _entered(self, key: Key, grant: Grant, ctx: Context) -> PriceStream:
        """Return the client's new stream, after the one that it had was ended."""
        before = self._streams.pop(key, None)
        if before is not None:
            before.end(taken_over(key[1]))
        address = (ctx.client_address or "").rpartition(":")[0]
        stream = PriceStream(self._services, grant, address, key[1])
        self._services.doorkeeper.check_place(stream.viewer)
        self._services.hub.join(stream.viewer)
        self._streams[key] = stream
        return stream

    async def _told(self, stream: PriceStream) -> AsyncIterator[Prepared]:
        """Yield a stream's events; count why it ended, and say it in Connect's form."""
        events = stream.events()
        try:
            async for event in events:
                yield event
        except CryptoStreamError as error:
            raise rpc_error(error) from error
        finally:
            # A client that reads nothing is never told.
            if isinstance(stream.why, CryptoStreamError):
                self._services.counters.count_closed(stream.why.code)
            await events.aclose()  # type: ignore[attr-defined]

    async def modify_tickers(
        self, request: pb.ModifyTickersRequest, ctx: Context
    ) -> pb.ModifyTickersResponse:
        """Change what the client's stream follows, or will follow when it begins soon."""
        with self._refusing():
            _, key = self._who(request.client_id, ctx)
            change, number = _change(request), next(self._numbers)
            # One that ended before it could may have been followed by another.
            while (stream := self._streams.get(key)) is not None and stream.running:
                if await stream.modify(number, change):
                    return pb.ModifyTickersResponse(request=number, running=True)
            self._early.keep(key, number, change, time.monotonic())
        return pb.ModifyTickersResponse(request=number, kept_ms=round(KEPT_S * 1000))

    # -- questions ----------------------------------------------------------------------

    async def search_tickers(
        self, request: pb.SearchTickersRequest, ctx: Context
    ) -> pb.SearchTickersResponse:
        """Return instruments that contain or resemble a text."""
        query = {"q": request.text, "exchange": request.exchange, **_limit(request.limit)}
        with self._refusing():
            answer = _read(await self._rest.search(query, self._grant(ctx)))
        found = [instrument_of(one) for one in answer["found"]]
        return pb.SearchTickersResponse(found=found, notes=answer["notes"])

    async def get_history(
        self, request: pb.GetHistoryRequest, ctx: Context
    ) -> pb.GetHistoryResponse:
        """Return the newest records of a ticker that the daemon still holds, oldest first."""
        query = {"ticker": request.ticker, **_limit(request.limit)}
        if request.kind:
            query["kind"] = request.kind
        with self._refusing():
            answer = _read(await self._rest.history(query, self._grant(ctx)))
        records = records_of(answer["records"])
        return pb.GetHistoryResponse(symbol=answer["symbol"], records=records)

    async def get_status(self, _request: pb.GetStatusRequest, ctx: Context) -> pb.GetStatusResponse:
        """Return how the daemon and the gateway are."""
        with self._refusing():
            answer = _read(await self._rest.status({}, self._grant(ctx)))
        daemon, error = answer["daemon"], answer.get("error")
        return pb.GetStatusResponse(
            daemon=None if daemon is None else Struct.from_python(daemon),
            gateway=Struct.from_python(answer["gateway"]),
            error=None if error is None else error_info(error),
        )

    # -- who asks -----------------------------------------------------------------------

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn our errors into Connect's, and count them."""
        try:
            yield
        except CryptoStreamError as error:
            self._services.counters.count_refused(error.code)
            raise rpc_error(error) from error

    def _grant(self, ctx: Context) -> Grant:
        return self._services.doorkeeper.check_request(Headers(dict(ctx.request_headers)))

    def _who(self, client_id: str, ctx: Context) -> tuple[Grant, Key]:
        """Return what the client may do, and what its stream is known by: nobody else's."""
        grant = self._grant(ctx)
        if not 1 <= len(client_id) <= _LONGEST_ID:
            raise RequestError(
                "client_id is missing or too long",
                hint=f"choose one of 1 to {_LONGEST_ID} characters",
            )
        return grant, (grant.token, client_id)


def _subscription(request: pb.StreamPricesRequest) -> m.Subscribe:
    recover: dict[str, dict[str, tuple[int, int]]] = {}
    for cursor in request.recover:
        recover.setdefault(cursor.symbol, {})[cursor.kind] = (cursor.epoch, cursor.seq)
    fields = {
        "op": "subscribe",
        "tickers": list(request.tickers),
        "interval_ms": request.interval_ms,
        "kinds": list(request.kinds) or None,
        "recover": recover,
    }
    return _checked(fields, m.Subscribe)


def _change(request: pb.ModifyTickersRequest) -> m.Modify:
    fields: dict[str, Any] = {
        "op": "modify",
        "add": list(request.add),
        "remove": list(request.remove),
    }
    if request.has_field("interval_ms"):
        fields["interval_ms"] = request.interval_ms
    return _checked(fields, m.Modify)


def _checked(fields: dict[str, Any], kind: type[_Asked]) -> _Asked:
    """Return a request as a viewer by WebSocket would have made it.

    Raises:
        RequestError: a field is not as it has to be.

    """
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise RequestError(str(error), hint="see docs/http.md") from error


def _limit(limit: int) -> dict[str, str]:
    """Return the query for a limit; in the schema 0 stands for the endpoint's own."""
    return {"limit": str(limit)} if limit else {}


def _read(body: bytes) -> Any:  # noqa: ANN401
    return msgspec.json.decode(body)
