"""ccxt's exchanges: built for our settings, called so that a close is no cancellation, closed."""

import asyncio
import ssl

import pytest
from aiohttp import web

from cryptostream.config.ccxt import Ccxt
from cryptostream.errors import SourceError
from cryptostream.sources.ccxt.library import build, call, close, silent_for
from tests.local_market import until


async def built(ccxt_id="kraken", **settings):
    exchange = await asyncio.to_thread(build, ccxt_id, Ccxt(**settings))
    exchange.asyncio_loop = asyncio.get_running_loop()
    return exchange


@pytest.fixture
async def mute():
    """A websocket that takes everything, says nothing and does not say good-bye."""
    done = asyncio.Event()

    async def silent(request):
        socket = web.WebSocketResponse(autoclose=False)
        await socket.prepare(request)
        await done.wait()
        return socket

    app = web.Application()
    app.add_routes([web.get("/v2", silent)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}/v2"
    done.set()
    await runner.cleanup()


async def test_an_exchange_is_built_for_our_settings():
    exchange = await built(timeout=7.0, silence=9.0, urls=("kraken:api.public=http://127.0.0.1:1",))
    assert (exchange.id, exchange.timeout, exchange.enableRateLimit) == ("kraken", 7000, False)
    assert exchange.urls["api"]["public"] == "http://127.0.0.1:1"
    assert exchange.streaming["keepAlive"] == 3000
    assert isinstance(exchange.ssl_context, ssl.SSLContext)


async def test_a_real_exchange_is_asked_at_its_own_pace():
    exchange = await built(urls=("binance:api.public=http://127.0.0.1:1",))
    assert exchange.enableRateLimit


async def test_only_spot_markets_of_binance_are_loaded_and_its_tickers_have_bid_and_ask():
    exchange = await built("binance")
    assert exchange.options["fetchMarkets"]["types"] == ["spot"]
    assert exchange.options["watchTickers"]["name"] == "ticker"


async def test_an_exchange_without_streams_is_built_too():
    assert (await built("bitflyer")).id == "bitflyer"


@pytest.mark.parametrize(
    ("ccxt_id", "urls", "code"),
    [
        ("nosuchexchange", (), "unsupported"),
        ("async_support", (), "unsupported"),
        ("kraken", ("kraken:api.nowhere=http://x",), "bad_config"),
    ],
)
async def test_what_cannot_be_built_is_said_for_good(ccxt_id, urls, code):
    with pytest.raises(SourceError) as caught:
        await built(ccxt_id, urls=urls)
    assert (caught.value.code, caught.value.retriable) == (code, False)


# -- calls ------------------------------------------------------------------------------


async def test_a_call_returns_what_it_gives_and_maps_what_it_raises():
    exchange = await built()

    async def good():
        return 7

    async def bad():
        return {}["x"]

    assert await call(exchange, good()) == 7
    with pytest.raises(SourceError) as caught:
        await call(exchange, bad())
    assert caught.value.code == "malformed"


async def test_a_wait_that_the_library_cancels_is_a_lost_connection():
    exchange = await built()
    waiting = asyncio.get_running_loop().create_future()
    calling = asyncio.create_task(call(exchange, waiting))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(SourceError) as caught:
        await calling
    assert caught.value.code == "connection_lost"


async def test_our_own_cancellation_is_one_and_ends_the_call():
    exchange = await built()
    ended = asyncio.Event()

    async def waits():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    calling = asyncio.create_task(call(exchange, waits()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert ended.is_set()


# -- silence and the end ----------------------------------------------------------------


async def test_nothing_is_silent_before_there_is_a_connection():
    assert silent_for(await built(), 10**18) == 0.0


async def test_a_connection_is_silent_since_it_began(mute):
    exchange = await built(urls=(f"kraken:api.ws.publicV2={mute}",))
    try:
        client = exchange.client(mute)
        await client.connect(exchange.session)
        assert silent_for(exchange, client.connectionStarted * 10**6 + 5 * 10**9) == 5.0
    finally:
        await close(exchange)


async def test_a_far_side_that_does_not_say_good_bye_holds_nobody_up(mute):
    """Whatever is left is cut, so that no task and no connection outlives it."""
    exchange = await built(urls=(f"kraken:api.ws.publicV2={mute}",))
    before = asyncio.all_tasks()
    client = exchange.client(mute)
    await client.connect(exchange.session)
    watching = asyncio.create_task(call(exchange, client.future("anything")))
    await asyncio.sleep(0)
    async with asyncio.timeout(2):
        await close(exchange)
        with pytest.raises(SourceError) as caught:
            await watching
    assert caught.value.code == "connection_lost"
    assert exchange.session is None
    await until(lambda: not theirs(before))


def theirs(before):
    """Return what has begun since and is no part of the server that plays the far side."""
    tasks = {task for task in asyncio.all_tasks() - before if not task.done()}
    return [task for task in tasks if "RequestHandler" not in repr(task)]
