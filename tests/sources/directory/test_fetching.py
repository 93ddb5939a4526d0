"""One question to an exchange, over a real socket: its listing, or a coded error."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from cryptostream.errors import SourceError
from cryptostream.sources.directory import fetching
from cryptostream.sources.directory.exchanges import BINANCE, COINBASE, KRAKEN
from cryptostream.sources.directory.fetching import fetch
from tests.sources.directory import samples

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


async def refusal(http: aiohttp.ClientSession, base: str) -> SourceError:
    with pytest.raises(SourceError) as refused:
        await fetch(http, BINANCE, base, "")
    assert refused.value.retriable
    return refused.value


@pytest.mark.parametrize("exchange", [BINANCE, KRAKEN, COINBASE], ids=lambda one: one.name)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_each_exchange_is_asked_in_its_own_way(exchanges, http, exchange, slash):
    answer = await fetch(http, exchange, exchanges.url + slash, "")

    assert answer.instruments
    assert answer.etag == ""


async def test_a_listing_that_is_known_already_is_not_sent_again(exchanges, http):
    exchanges.etags[samples.BINANCE] = '"v1"'

    first = await fetch(http, BINANCE, exchanges.url, "")
    again = await fetch(http, BINANCE, exchanges.url, first.etag)

    assert first.etag == again.etag == '"v1"'
    assert again.instruments == ()
    assert exchanges.asked[samples.BINANCE][1]["If-None-Match"] == '"v1"'


@pytest.mark.parametrize("status", [304, 400, 403, 418, 429, 451, 500, 503])
async def test_any_other_status_is_an_error_with_the_pause_that_was_asked_for(
    exchanges, http, status
):
    exchanges.refusals[samples.BINANCE] = (status, {"Retry-After": "77"})

    error = await refusal(http, exchanges.url)

    assert (error.code, error.retry_after) == ("http_error", 77.0)
    assert str(status) in error.message


async def test_a_body_that_is_no_listing_is_an_error(exchanges, http):
    exchanges.bodies[samples.BINANCE] = b"<html>"

    assert (await refusal(http, exchanges.url)).code == "malformed"


async def test_a_body_without_an_end_is_not_read_to_its_end(exchanges, http):
    exchanges.bodies[samples.BINANCE] = bytes(fetching.LARGEST + 1)

    assert (await refusal(http, exchanges.url)).code == "malformed"


async def test_an_address_where_nobody_is_is_unreachable(http, free_port):
    assert (await refusal(http, f"http://127.0.0.1:{free_port}")).code == "unreachable"


async def test_a_host_that_says_nothing_is_unreachable_in_time():
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    over = asyncio.Event()
    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    timeout = aiohttp.ClientTimeout(total=0.2)
    async with server, aiohttp.ClientSession(timeout=timeout) as http:
        error = await refusal(http, f"http://127.0.0.1:{port}")
        over.set()

    assert error.code == "unreachable"
    assert error.message.strip(" :").endswith("Error") or "imeout" in error.message
