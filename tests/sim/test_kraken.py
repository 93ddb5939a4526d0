"""The replica of Kraken: others' clients work against it, and it breaks on command."""

import asyncio
import json
from decimal import Decimal

import aiohttp
import ccxt.pro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sim import kraken
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.kraken_messages import checksum
from cryptostream.sim.kraken_protocol import KrakenProtocol
from cryptostream.sim.models import first_quote
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

BTC, DOGE = "KRAKEN:BTCUSD", "KRAKEN:DOGEUSD"
DEADLINE = 10


@pytest.fixture
async def exchange(sim):
    """Return ccxt's client, changed in nothing but its addresses."""
    client = ccxt.pro.kraken({"enableRateLimit": False})
    client.urls["api"]["public"] = sim.url
    client.urls["api"]["ws"]["publicV2"] = f"{sim.url.replace('http', 'ws')}/v2"
    yield client
    await client.close()


@pytest.fixture
async def socket(sim, http):
    """Return a raw connection that has read its greeting."""
    async with http.ws_connect(f"{sim.url}/v2") as socket:
        greeting = await socket.receive_json(timeout=DEADLINE)
        assert greeting["data"][0]["system"] == "online"
        yield socket


async def subscribe(socket, channel, *names, method="subscribe", **more):
    params = {"channel": channel, "symbol": list(names), **more}
    await socket.send_json({"method": method, "params": params, "req_id": 7})


def exactly(text):
    return json.loads(text, parse_float=Decimal)


async def until(socket, wanted, loads=json.loads):
    """Return the first message that is wanted."""
    async with asyncio.timeout(DEADLINE):
        while True:
            message = await socket.receive_json(loads=loads)
            if wanted(message):
                return message


async def rest_of(socket, silence):
    """Return how many messages still come before a silence (s)."""
    count = 0
    while True:
        try:
            await socket.receive(timeout=silence)
        except TimeoutError:
            return count
        count += 1


# -- names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "pair_id", "altname", "wsname", "name"),
    [
        (BTC, "XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD"),
        ("KRAKEN:ETHEUR", "XETHZEUR", "ETHEUR", "ETH/EUR", "ETH/EUR"),
        ("KRAKEN:ETHBTC", "XETHXXBT", "ETHXBT", "ETH/XBT", "ETH/BTC"),
        ("KRAKEN:SOLUSD", "SOLUSD", "SOLUSD", "SOL/USD", "SOL/USD"),
        (DOGE, "XDGUSD", "XDGUSD", "XDG/USD", "DOGE/USD"),
    ],
)
def test_a_pair_has_the_names_that_the_exchange_gave_it(symbol, pair_id, altname, wsname, name):
    pair = next(pair for pair in kraken.PAIRS if pair.instrument.symbol == symbol)
    assert (pair.id, pair.altname, pair.wsname, pair.name) == (pair_id, altname, wsname, name)


# -- others' client ---------------------------------------------------------------------


async def test_ccxt_loads_the_markets_under_everybodys_names(exchange):
    markets = await exchange.load_markets()
    assert {"BTC/USD", "BTC/EUR", "ETH/USD", "ETH/EUR", "ETH/BTC", "DOGE/USD"} <= set(markets)
    assert all(market["active"] for market in markets.values())
    assert exchange.last_response_headers["X-CryptoStream-Simulated"] == "true"


async def test_ccxt_polls_exact_prices(sim, exchange):
    sim.market.push(BTC, last="67102.3", bid="67102.2", ask="67102.4")
    ticker = (await exchange.fetch_tickers(["BTC/USD", "ETH/EUR"]))["BTC/USD"]
    assert ticker["info"]["c"][0] == "67102.30000"
    assert (ticker["last"], ticker["bid"], ticker["ask"]) == (67102.3, 67102.2, 67102.4)
    trade = (await exchange.fetch_trades("BTC/USD"))[-1]
    assert (trade["price"], trade["amount"]) == (67102.3, 0.001)
    assert await exchange.fetch_trades("BTC/USD", since=trade["timestamp"] + 1000) == []


async def test_ccxt_asks_after_status_and_time(sim, exchange):
    assert (await exchange.fetch_status())["status"] == "ok"
    assert abs(await exchange.fetch_time() - sim.market.now_ms()) < 2000
    sim.faults.set("kraken_maintenance")
    assert (await exchange.fetch_status())["status"] == "maintenance"


async def test_ccxt_watches_tickers_trades_and_books(sim, exchange):
    first = await exchange.watch_ticker("BTC/USD")
    assert first["last"] > 0
    watching = exchange.watch_trades_for_symbols(["BTC/USD", "DOGE/USD"])
    trades = asyncio.create_task(watching)
    book = await exchange.watch_order_book("BTC/USD")
    assert len(book["bids"]) == len(book["asks"]) == 10
    ticker = asyncio.create_task(exchange.watch_tickers(["BTC/USD"]))
    async with asyncio.timeout(DEADLINE):
        while not (trades.done() and ticker.done()):
            sim.market.push(BTC, last="67000.5", quantity="0.25")
            await asyncio.wait([trades, ticker], timeout=0.05)
    assert (await ticker)["BTC/USD"]["last"] == 67000.5
    trade = (await trades)[0]
    assert (trade["price"], trade["amount"], trade["side"]) == (67000.5, 0.25, "sell")


async def test_ccxt_sees_a_halted_pair(sim, exchange):
    sim.faults.set("kraken_halted", DOGE)
    markets = await exchange.load_markets()
    assert (markets["DOGE/USD"]["active"], markets["BTC/USD"]["active"]) == (False, True)


# -- the socket -------------------------------------------------------------------------


async def test_a_subscriber_gets_a_snapshot_and_then_what_changes(sim, socket):
    await subscribe(socket, "ticker", "BTC/USD")
    acknowledged = await until(socket, lambda message: message.get("req_id") == 7)
    assert acknowledged["result"] == {"channel": "ticker", "symbol": "BTC/USD"}
    snapshot = await until(socket, lambda message: message.get("type") == "snapshot")
    assert snapshot["data"][0]["symbol"] == "BTC/USD"

    sim.market.push(BTC, bid="60000.1")
    sim.market.push(BTC, last="60000.2")

    update = await until(socket, lambda message: message.get("type") == "update")
    assert (update["data"][0]["last"], update["data"][0]["bid"]) == (60000.2, 60000.1)


async def test_the_book_can_be_asked_to_move_the_ticker(sim, socket):
    await subscribe(socket, "ticker", "BTC/USD", event_trigger="bbo", snapshot=False)
    await until(socket, lambda message: message.get("success"))
    sim.market.push(BTC, bid="60000.1")
    update = await until(socket, lambda message: message.get("channel") == "ticker")
    assert update["data"][0]["bid"] == 60000.1


async def test_a_book_can_be_followed_by_its_updates(sim, socket):
    sides = {"bids": {}, "asks": {}}
    await subscribe(socket, "book", "BTC/USD")
    for bid, ask in ((None, None), ("60000.1", "60000.4"), ("60000.3", "60000.9")):
        if bid is not None:
            sim.market.push(BTC, bid=bid, ask=ask)
        message = await until(socket, lambda message: message.get("channel") == "book", exactly)
        (data,) = message["data"]
        for side, levels in sides.items():
            levels |= {level["price"]: level["qty"] for level in data[side]}
            sides[side] = {price: size for price, size in levels.items() if size}
        assert checksum(sides["bids"], sides["asks"]) == data["checksum"]
    assert max(sides["bids"]) == Decimal("60000.3")


async def test_an_end_is_an_end(sim, socket):
    await subscribe(socket, "ticker", "BTC/USD", "DOGE/USD")
    await subscribe(socket, "ticker", "BTC/USD", method="unsubscribe")
    await until(socket, lambda message: message.get("method") == "unsubscribe")
    sim.market.push(BTC, last="1.5")
    sim.market.push(DOGE, last="0.2")
    update = await until(socket, lambda message: message.get("type") == "update")
    assert update["data"][0]["symbol"] == "DOGE/USD"


async def test_a_silent_connection_beats_and_answers_pings(socket):
    assert await until(socket, lambda message: message == {"channel": "heartbeat"})
    await socket.send_json({"method": "ping", "req_id": 3})
    assert (await until(socket, lambda message: message.get("method") == "pong"))["req_id"] == 3


def protocol():
    return KrakenProtocol(lambda symbol: first_quote(INSTRUMENTS[symbol], 1, 0))


def request(method="subscribe", **params):
    return json.dumps({"method": method, "params": params})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("no json", "Malformed request"),
        ("[]", "Malformed request"),
        ('{"method":"dance"}', "Event(s) not found"),
        (request(channel="weather", symbol=["BTC/USD"]), "Subscription name invalid"),
        (request(channel="ticker", symbol="BTC/USD"), "Pair field must be an array"),
        (request(channel="ticker", symbol=[]), "Pair field must be an array"),
        (
            request(channel="ticker", symbol=["NO/PE"]),
            "Currency pair not supported NO/PE",
        ),
        (request(channel="ticker", symbol=[7]), "Currency pair not supported 7"),
        (
            request(channel="book", symbol=["BTC/USD"], depth=11),
            "Subscription depth not supported",
        ),
        (request("unsubscribe", channel="ticker", symbol=["BTC/USD"]), "Subscription Not Found"),
    ],
)
def test_what_it_cannot_do_is_said(text, error):
    (answer,) = protocol().receive(text, 0)
    assert (answer["success"], answer["error"]) == (False, error)


def test_a_second_subscription_is_refused_and_the_first_stays():
    machine = protocol()
    machine.receive(request(channel="trade", symbol=["BTC/USD"]), 0)
    (answer,) = machine.receive(request(channel="trade", symbol=["BTC/USD"]), 0)
    assert answer["error"] == "Already subscribed"
    assert machine.watched() == {BTC}


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists) | st.text())
def test_no_message_breaks_the_replica(value):
    machine = protocol()
    for text in (json.dumps(value), json.dumps({"method": "subscribe", "params": value}), value):
        if isinstance(text, str):
            assert machine.receive(text, 0)


# -- faults -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status"),
    [("kraken_429", 429), ("kraken_403", 403), ("kraken_451", 451), ("kraken_503", 503)],
)
async def test_rest_and_handshake_are_refused_on_command(sim, http, fault, status):
    sim.faults.set(fault)
    async with http.get(f"{sim.url}/0/public/Time") as answer:
        assert answer.status == status
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(f"{sim.url}/v2")
    assert caught.value.status == status
    if status == 429:
        assert caught.value.headers["Retry-After"] == "30"


@pytest.mark.parametrize(("how", "code"), [("abort", 1006), ("close", 1000)])
async def test_a_socket_is_cut_on_command(sim, socket, how, code):
    sim.faults.set("kraken_drop", how=how)
    async with asyncio.timeout(DEADLINE):
        while not socket.closed:
            await socket.receive()
    assert socket.close_code == code


async def test_a_half_open_socket_stays_dead_and_a_new_one_lives(http):
    settings = SimSettings(port=0, market="manual", heavy=False, period_scale=0.01)
    async with SimServer(settings) as sim, http.ws_connect(f"{sim.url}/v2") as dead:
        sim.faults.set("kraken_half_open")
        sim.faults.clear()
        async with http.ws_connect(f"{sim.url}/v2") as alive:
            for _ in range(5):
                await alive.receive_json(timeout=DEADLINE)
        assert await rest_of(dead, silence=0.3) <= 5


async def test_maintenance_is_said_on_both_ways(sim, http, socket):
    sim.faults.set("kraken_maintenance")
    said = await until(socket, lambda message: message.get("channel") == "status")
    assert said["data"][0]["system"] == "maintenance"
    async with http.get(f"{sim.url}/0/public/Assets") as answer:
        assert await answer.json() == {"error": ["EService:Unavailable"]}


async def test_json_is_cut_short_on_command(sim, http, socket):
    sim.faults.set("kraken_malformed")
    await subscribe(socket, "ticker", "BTC/USD")
    with pytest.raises(json.JSONDecodeError):
        await socket.receive_json(timeout=DEADLINE)
    async with http.get(f"{sim.url}/0/public/Time") as answer:
        with pytest.raises(json.JSONDecodeError):
            await answer.json()


@pytest.mark.parametrize("path", ["Ticker", "AssetPairs", "Trades"])
async def test_an_unknown_pair_is_refused(sim, http, path):
    async with http.get(f"{sim.url}/0/public/{path}?pair=NOPE") as answer:
        assert await answer.json() == {"error": ["EQuery:Unknown asset pair"]}
