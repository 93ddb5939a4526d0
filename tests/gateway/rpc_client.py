"""A client of the generated kind, with what tests want of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from connectrpc.errors import ConnectError

from cryptostream.v1 import prices_pb as pb
from tests.gateway.conftest import DEADLINE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from cryptostream.v1.prices_connect import PriceServiceClient


class Stream:
    """One running stream."""

    def __init__(self, events: AsyncIterator[pb.StreamPricesResponse]) -> None:
        self._events = events

    async def until(self, wanted: Callable[[str, Any], bool]) -> tuple[Any, list[tuple[str, Any]]]:
        """Return the first event or record that is wanted, and all up to it."""
        seen: list[tuple[str, Any]] = []
        async with asyncio.timeout(DEADLINE):
            async for event in self._events:
                for name, value in _flat(event):
                    seen.append((name, value))
                    if wanted(name, value):
                        return value, seen
        raise AssertionError(f"the stream ended after {seen}")

    async def first(self, name: str) -> Any:
        """Return the first event or record of a name."""
        return (await self.until(lambda found, _: found == name))[0]

    async def tick(self, last: str) -> pb.Tick:
        """Return the tick with this price."""
        found = await self.until(lambda name, value: name == "tick" and value.last == last)
        return found[0]

    async def results(self, request: int = 0) -> pb.Results:
        """Return what became of the tickers of a request."""
        found = await self.until(lambda name, one: name == "results" and one.request == request)
        return found[0]

    async def error(self) -> tuple[str, pb.ErrorInfo]:
        """Return Connect's code and ours with which the stream ends."""
        with pytest.raises(ConnectError) as caught:
            await self.until(lambda _name, _value: False)
        return told(caught.value)


def _flat(event: pb.StreamPricesResponse) -> list[tuple[str, Any]]:
    """Return an event by its name, and the records of a batch each by its own."""
    assert event.event is not None
    name, value = event.event.field, event.event.value
    if name != "batch":
        return [(name, value)]
    return [(one.kind.field, one.kind.value) for one in value.records if one.kind is not None]


def told(error: ConnectError) -> tuple[str, pb.ErrorInfo]:
    """Return Connect's code of an error, and ours."""
    info = error.details[0].value(pb.ErrorInfo)
    assert info is not None
    return error.code.value, info


@contextlib.asynccontextmanager
async def streaming(
    client: PriceServiceClient,
    *tickers: str,
    client_id: str = "c",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> AsyncIterator[Stream]:
    """Run a stream for as long as the block lasts."""
    request = pb.StreamPricesRequest(client_id=client_id, tickers=list(tickers), **more)
    events = client.stream_prices(request, headers=headers)
    try:
        yield Stream(events)
    finally:
        await events.aclose()  # type: ignore[attr-defined]


async def modified(
    client: PriceServiceClient, client_id: str = "c", **fields: Any
) -> pb.ModifyTickersResponse:
    """Change a stream."""
    async with asyncio.timeout(DEADLINE):
        return await client.modify_tickers(pb.ModifyTickersRequest(client_id=client_id, **fields))
