"""The Binance replica over its real port: streams, limits, REST and every fault."""

import asyncio
import json
from decimal import Decimal

import aiohttp
import pytest

from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"
DEADLINE_S = 10
LABEL = "X-CryptoStream-Simulated"
GONE = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)


class Client:
    """A raw client: what comes is read one by one, pings are seen and answered on wish."""

    def __init__(self, socket):
        self.socket = socket
        self.pings = 0

    async def next(self, *, pong=True):
        """Return the next message as JSON, or the code that the connection ended with."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    return json.loads(message.data)
                if message.type is aiohttp.WSMsgType.PING:
                    self.pings += 1
                    if pong:
                        await self.socket.pong(message.data)
                elif message.type in GONE or message.type is aiohttp.WSMsgType.ERROR:
                    return self.socket.close_code

    async def ask(self, method, *params, number=1):
        await self.socket.send_json({"method": method, "params": list(params), "id": number})
        return await self.next()

    async def until_end(self, *, pong=True):
        """Return the code of the end, whatever comes before."""
        while not isinstance(found := await self.next(pong=pong), int):
            pass
        return found


@pytest.fixture
def connect(http):
    async def connect(server, path="/ws"):
        return Client(await http.ws_connect(server.url + path, autoping=False))

    return connect


@pytest.fixture
async def quick():
    """A market that moves by itself, on a server whose clocks run a hundred times as fast."""
    settings = SimSettings(port=0, market="random", rate=50, period_scale=0.01, heavy=False)
    async with SimServer(settings) as server:
        yield server


async def counters(http, server):
    async with http.get(f"{server.url}/sim/binance") as answer:
        return await answer.json()


# -- streams ------------------------------------------------------------------------------


async def test_a_trade_arrives_with_the_numbers_of_the_market(sim, connect):
    client = await connect(sim, "/ws/btcusdt@trade")
    assert client.socket._response.headers[LABEL] == "true"
    assert await client.ask("LIST_SUBSCRIPTIONS") == {"result": ["btcusdt@trade"], "id": 1}
    for price in ("67124.01", "67124.00"):
        sim.market.push(BTC, last=price, quantity="0.5")
    found = [await client.next() for _ in range(2)]
    prints = sim.market.prints(BTC)[-2:]
    assert [trade["t"] for trade in found] == [done.number for done in prints]
    assert [trade["p"] for trade in found] == ["67124.01000000", "67124.00000000"]
    assert [trade["m"] for trade in found] == [False, True]
    assert {trade["q"] for trade in found} == {"0.50000000"}


async def test_what_nobody_asked_for_does_not_come(sim, connect):
    client = await connect(sim)
    await client.ask("SUBSCRIBE", "btcusdt@trade", "ethusdt@bookTicker")
    await client.ask("UNSUBSCRIBE", "btcusdt@trade")
    sim.market.push(BTC, last="67124.01")
    sim.market.push(ETH, bid="3456.00")
    assert (await client.next())["b"] == "3456.00000000"


async def test_a_book_that_did_not_move_says_nothing(sim, connect):
    client = await connect(sim, "/ws/btcusdt@bookTicker")
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.market.push(BTC, bid="67000.01")
    sim.market.push(BTC, last="67124.01")
    sim.market.push(BTC, bid="67000.02")
    updates = [await client.next() for _ in range(2)]
    assert [update["b"] for update in updates] == ["67000.01000000", "67000.02000000"]
    assert updates[0]["u"] < updates[1]["u"]


async def test_combined_streams_are_wrapped_and_can_be_unwrapped(sim, connect):
    client = await connect(sim, "/stream?streams=btcusdt@trade/ethusdt@trade")
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.market.push(ETH, last="3456.00")
    found = await client.next()
    assert (found["stream"], found["data"]["s"]) == ("ethusdt@trade", "ETHUSDT")
    await client.ask("SET_PROPERTY", "combined", False)
    sim.market.push(BTC, last="67124.01")
    assert (await client.next())["s"] == "BTCUSDT"


async def test_microseconds_are_given_to_whom_asked(sim, connect):
    clients = [
        await connect(sim, f"/ws/btcusdt@trade{query}") for query in ("", "?timeUnit=MICROSECOND")
    ]
    for client in clients:
        await client.ask("LIST_SUBSCRIPTIONS")
    sim.market.push(BTC, last="67124.01")
    ms, us = [(await client.next())["T"] for client in clients]
    assert us == ms * 1000


async def test_the_slow_streams_come_by_themselves(quick, connect):
    names = [f"btcusdt@{kind}" for kind in ("miniTicker", "ticker", "avgPrice")]
    client = await connect(quick, f"/ws/{'/'.join(names)}")
    kinds = {(await client.next())["e"] for _ in range(6)}
    assert kinds == {"24hrMiniTicker", "24hrTicker", "avgPrice"}


async def test_an_unknown_or_halted_symbol_is_accepted_and_silent(sim, connect):
    client = await connect(sim)
    names = ["nosuch@trade", "luncusdt@trade", "btcusdt@trade"]
    assert await client.ask("SUBSCRIBE", *names) == {"result": None, "id": 1}
    sim.market.push(BTC, last="67124.01")
    assert (await client.next())["s"] == "BTCUSDT"


async def test_a_numbered_address_is_no_stream(sim, connect):
    client = await connect(sim, "/ws/3")
    assert await client.ask("LIST_SUBSCRIPTIONS") == {"result": [], "id": 1}


async def test_nothing_is_kept_of_a_client_that_has_gone(sim, connect, http):
    client = await connect(sim, "/ws/btcusdt@trade")
    assert (await counters(http, sim))["streams"] == 1
    await client.socket.close()
    async with asyncio.timeout(DEADLINE_S):
        while (await counters(http, sim))["connections"]:
            pass
    assert (await counters(http, sim))["streams"] == 0


# -- limits -------------------------------------------------------------------------------


async def test_the_sixth_message_within_a_second_ends_the_connection(sim, connect):
    client = await connect(sim)
    for _ in range(6):
        await client.socket.ping()
    assert await client.until_end() == 1008


async def test_who_answers_pings_stays_and_who_does_not_is_cut(quick, connect):
    steady, mute = [await connect(quick, "/ws/btcusdt@trade") for _ in range(2)]
    ended = asyncio.create_task(mute.until_end(pong=False))
    while steady.pings < 8:
        assert not isinstance(await steady.next(), int)
    assert await ended == 1008


async def test_the_attempts_to_connect_are_counted(connect):
    settings = SimSettings(port=0, market="manual", heavy=False)
    async with SimServer(settings) as server:
        for _ in range(300):
            await (await connect(server)).socket.close()
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await connect(server)
        assert caught.value.status == 429
        assert caught.value.headers["Retry-After"] == "300"


async def test_a_client_that_does_not_read_is_cut_and_counted(connect, http):
    settings = SimSettings(port=0, market="manual", heavy=False)
    async with SimServer(settings) as server:
        lazy = await connect(server, "/ws/btcusdt@trade")
        await lazy.ask("LIST_SUBSCRIPTIONS")
        lazy.socket._response.connection.transport.pause_reading()
        async with asyncio.timeout(60):
            while not (await counters(http, server)).get("cut_slow"):
                for number in range(2000):
                    server.market.push(BTC, last=f"67000.{number % 100:02d}")


# -- faults of the socket -----------------------------------------------------------------


@pytest.mark.parametrize(("how", "code"), [("abort", 1006), ("close", 1000)])
async def test_sockets_of_a_symbol_drop(sim, connect, how, code):
    mine, other = await connect(sim, "/ws/btcusdt@trade"), await connect(sim, "/ws/ethusdt@trade")
    await mine.ask("LIST_SUBSCRIPTIONS")
    await other.ask("LIST_SUBSCRIPTIONS")
    sim.faults.set("binance_drop", BTC, how=how)
    assert await mine.until_end() == code
    sim.market.push(ETH, last="3456.00")
    assert (await other.next())["s"] == "ETHUSDT"


async def test_a_half_open_socket_says_nothing_more(quick, connect):
    client = await connect(quick, "/ws/btcusdt@trade")
    await client.next()
    quick.faults.set("binance_half_open")
    quick.faults.clear("binance_half_open")
    assert not isinstance(await client.next(), int)
    quick.faults.set("binance_half_open")
    late = await connect(quick, "/ws/btcusdt@trade")
    await late.socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
    with pytest.raises(TimeoutError):
        await late.socket.receive(timeout=0.5)


async def test_no_pings_come(quick, connect):
    quick.faults.set("binance_no_ping")
    client = await connect(quick, "/ws/btcusdt@trade")
    for _ in range(30):
        assert not isinstance(await client.next(), int)
    assert client.pings == 0


@pytest.mark.parametrize("path", ["/ws", "/stream"])
async def test_a_shutdown_is_told_before_it_comes(sim, connect, path):
    client = await connect(sim, path)
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.faults.set("binance_shutdown", seconds=0.05)
    notice = await client.next()
    assert notice.get("stream", "!serverShutdown") == "!serverShutdown"
    assert notice.get("data", notice)["e"] == "serverShutdown"
    assert await client.until_end() == 1001


async def test_a_day_ends_on_command(sim, connect):
    client = await connect(sim)
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.faults.set("binance_day_end")
    assert await client.until_end() == 1001


@pytest.mark.parametrize(
    ("status", "header"), [(429, "7"), (418, "7"), (451, None), (403, None), (503, None)]
)
async def test_handshakes_are_refused(sim, connect, status, header):
    sim.faults.set("binance_refuse", status=status, retry_after=7)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await connect(sim)
    assert (caught.value.status, caught.value.headers.get("Retry-After")) == (status, header)
    assert caught.value.headers[LABEL] == "true"
    sim.faults.clear()
    await connect(sim)


async def test_requests_are_refused_in_both_shapes(sim, connect):
    client = await connect(sim)
    sim.faults.set("binance_error_frame")
    assert (await client.ask("SUBSCRIBE", "btcusdt@trade"))["code"] == 2
    sim.faults.set("binance_error_frame", shape="wrapped")
    refused = await client.ask("SUBSCRIBE", "btcusdt@trade", number=7)
    assert (refused["error"]["code"], refused["id"]) == (2, 7)


# -- faults of the data -------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["binance_silent", "binance_halted"])
async def test_a_symbol_falls_silent_and_comes_back(sim, connect, fault):
    client = await connect(sim, "/ws/btcusdt@trade/ethusdt@trade")
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.faults.set(fault, BTC)
    sim.market.push(BTC, last="67124.01")
    sim.market.push(ETH, last="3456.00")
    assert (await client.next())["s"] == "ETHUSDT"
    sim.faults.clear(fault)
    sim.market.push(BTC, last="67124.02")
    assert (await client.next())["p"] == "67124.02000000"


async def test_a_message_is_cut_short(sim, connect):
    client = await connect(sim, "/ws/btcusdt@trade")
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.faults.set("binance_malformed", BTC, every=1)
    sim.market.push(BTC, last="67124.01")
    with pytest.raises(json.JSONDecodeError):
        await client.next()


@pytest.mark.parametrize(
    ("fault", "steps"),
    [
        ("binance_lost", [0, 1, 2, 3, 5]),
        ("binance_doubled", [0, 0, 1, 1]),
        ("binance_swapped", [1, 0, 3, 2]),
    ],
)
async def test_trade_ids_are_lost_doubled_or_swapped(sim, connect, fault, steps):
    client = await connect(sim, "/ws/btcusdt@trade")
    await client.ask("LIST_SUBSCRIPTIONS")
    first = sim.market.prints(BTC)[-1].number + 1
    sim.faults.set(fault, BTC)
    for cent in range(6):
        sim.market.push(BTC, last=f"67124.{cent:02d}")
    assert [(await client.next())["t"] - first for _ in steps] == steps


async def test_the_clock_of_the_exchange_is_off(sim, connect):
    client = await connect(sim, "/ws/btcusdt@trade")
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.market.push(BTC, last="67124.01")
    right = (await client.next())["E"]
    for direction, sign in (("future", 1), ("old", -1)):
        sim.faults.set("binance_clock_skew", BTC, seconds=3600, direction=direction)
        sim.market.push(BTC, last="67124.02")
        off = (await client.next())["E"] - right
        assert 3_590_000 < sign * off < 3_660_000


async def test_microseconds_come_unasked(sim, connect):
    client = await connect(sim, "/ws/btcusdt@trade")
    await client.ask("LIST_SUBSCRIPTIONS")
    sim.faults.set("binance_microseconds", BTC)
    sim.market.push(BTC, last="67124.02")
    assert (await client.next())["T"] > 10**15


# -- REST ---------------------------------------------------------------------------------


async def test_rest_tells_what_the_market_knows(sim, http):
    sim.market.push(BTC, last="67124.01", bid="67124.00", ask="67124.02", quantity="0.5")
    quote = sim.market.quote(BTC)
    async with http.get(f"{sim.url}/api/v3/ticker/bookTicker?symbol=BTCUSDT") as answer:
        book = await answer.json()
        assert answer.headers[LABEL] == "true"
    assert (book["bidPrice"], book["askPrice"]) == ("67124.00000000", "67124.02000000")
    async with http.get(f"{sim.url}/api/v3/ticker/24hr?symbol=BTCUSDT") as answer:
        day = await answer.json()
    assert (Decimal(day["lastPrice"]), day["lastId"]) == (Decimal("67124.01"), quote.number)
    async with http.get(f"{sim.url}/api/v3/trades?symbol=BTCUSDT&limit=1") as answer:
        [trade] = await answer.json()
    assert (trade["id"], trade["qty"]) == (quote.number, "0.50000000")
    async with http.get(f"{sim.url}/api/v3/time") as answer:
        assert (await answer.json())["serverTime"] > 1.6e12


async def test_a_listing_has_the_grids_and_tells_who_is_halted(sim, http):
    sim.faults.set("binance_halted", ETH)
    url = f"{sim.url}/api/v3/exchangeInfo"
    async with http.get(url, params={"symbols": '["BTCUSDT","ETHUSDT"]'}) as answer:
        btc, eth = (await answer.json())["symbols"]
    assert (btc["status"], eth["status"]) == ("TRADING", "BREAK")
    grids = {one["filterType"]: one for one in btc["filters"]}
    assert grids["PRICE_FILTER"]["tickSize"] == "0.01"
    assert grids["LOT_SIZE"]["stepSize"] == "0.000001"


async def test_the_weight_adds_up(sim, http):
    async with http.get(f"{sim.url}/api/v3/ticker/price?symbol=BTCUSDT") as answer:
        assert answer.headers["X-MBX-USED-WEIGHT-1M"] == "2"
    async with http.get(f"{sim.url}/api/v3/exchangeInfo?symbol=BTCUSDT") as answer:
        assert answer.headers["X-MBX-USED-WEIGHT-1M"] == "22"


@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        ("binance_rest_429", 429, "30"),
        ("binance_rest_418", 418, "120"),
        ("binance_rest_451", 451, None),
        ("binance_rest_500", 500, None),
        ("binance_rest_html", 403, None),
    ],
)
async def test_rest_is_refused_on_command(sim, http, fault, status, header):
    sim.faults.set(fault)
    for path in ("ping", "exchangeInfo", "ticker/24hr?symbol=BTCUSDT"):
        async with http.get(f"{sim.url}/api/v3/{path}") as answer:
            assert (answer.status, answer.headers.get("Retry-After")) == (status, header)
    sim.faults.clear()
    async with http.get(f"{sim.url}/api/v3/ping") as answer:
        assert await answer.json() == {}


async def test_rest_is_slow_on_command(sim, http):
    sim.faults.set("binance_rest_slow", seconds=0.2)
    began = asyncio.get_running_loop().time()
    async with http.get(f"{sim.url}/api/v3/ping") as answer:
        assert answer.status == 200
    assert asyncio.get_running_loop().time() - began >= 0.2
