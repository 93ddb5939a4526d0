"""The simulated market over its real port: exchange, quote socket, switchboard."""

import asyncio

import aiohttp
import pytest

from cryptostream.errors import StartError, UnknownSymbol
from cryptostream.sim.market import BadPrice
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

BTC = "BINANCE:BTCUSDT"
ETH = "BINANCE:ETHUSDT"


async def test_everything_is_labelled_as_simulated(sim, http):
    for path in ("/", "/ping", "/api/v3/ping", "/faults", "/symbols/BTCUSDT/", "/symbols/NOPE/"):
        async with http.get(sim.url + path) as answer:
            assert answer.headers["X-CryptoStream-Simulated"] == "true"
            if answer.content_type == "text/html":
                text = await answer.text()
                assert "SIMULATED MARKET, prices are not real" in text
                assert '<meta name="cryptostream-simulated" content="true">' in text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/symbols/BTCUSDT/?exchange=BINANCE", 200),
        ("/symbols/BINANCE-BTCUSDT/", 200),
        ("/symbols/BTCUSD/", 200),
        ("/symbols/BTCUSDT/?exchange=KRAKEN", 404),
        ("/symbols/NOPE/", 404),
        ("/symbols/BTCUSDT/?rate=many", 400),
        ("/symbols/BTCUSDT/?generation=G9", 400),
        ("/chart/?symbol=BINANCE:BTCUSDT", 200),
        ("/chart/?symbol=BINANCE:NOPE", 404),
    ],
)
async def test_pages_are_there_or_say_what_is_wrong(sim, http, path, status):
    async with http.get(sim.url + path) as answer:
        text = await answer.text()
        assert answer.status == status
        assert ("tv-http-error-page__title" in text) == (status == 404)


async def test_without_an_exchange_the_primary_one_is_shown(sim, http):
    async with http.get(f"{sim.url}/symbols/BTCUSD/") as answer:
        assert '"resolved_symbol": "COINBASE:BTCUSD"' in await answer.text()


async def test_exchange_and_scanner_answer_over_http(sim, http):
    sim.market.push(BTC, last="67123.45")
    async with http.get(f"{sim.url}/api/v3/ticker/price?symbol=BTCUSDT") as answer:
        assert await answer.json() == {"symbol": "BTCUSDT", "price": "67123.45"}
    async with http.get(f"{sim.url}/api/v3/exchangeInfo?symbol=NOPE") as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, -1121)
    async with http.get(f"{sim.url}/symbol?symbol=BINANCE%3ABTCUSDT&fields=close,type") as answer:
        assert await answer.json() == {"close": 67123.45, "type": "crypto"}
    async with http.get(f"{sim.url}/symbol?symbol=BINANCE%3ANOPE") as answer:
        assert answer.status == 404
    asked = {"symbols": {"tickers": [BTC, "BINANCE:NOPE"]}, "columns": ["name", "close"]}
    async with http.post(f"{sim.url}/crypto/scan", json=asked) as answer:
        expected = {"totalCount": 1, "data": [{"s": BTC, "d": ["BTCUSDT", 67123.45]}]}
        assert await answer.json() == expected


@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        ("directory_down", 500, None),
        ("directory_451", 451, None),
        ("directory_429", 429, "30"),
        ("directory_html", 403, None),
    ],
)
async def test_the_directory_breaks_on_command(sim, http, fault, status, header):
    sim.faults.set(fault)
    async with http.get(f"{sim.url}/api/v3/exchangeInfo") as answer:
        assert (answer.status, answer.headers.get("Retry-After")) == (status, header)


@pytest.mark.parametrize(
    ("fault", "status"),
    [("challenge", 403), ("status_429", 429), ("status_503", 503), ("not_found", 404)],
)
async def test_pages_are_replaced_on_command_and_come_back(sim, http, fault, status):
    url = f"{sim.url}/symbols/BTCUSDT/"
    sim.faults.set(fault, BTC)
    async with http.get(url) as answer:
        assert answer.status == status
    async with http.get(f"{sim.url}/symbols/ETHUSDT/") as answer:
        assert answer.status == 200
    sim.faults.clear(fault)
    async with http.get(url) as answer:
        assert answer.status == 200


async def test_a_delisting_can_reach_the_directory(sim, http):
    sim.faults.set("not_found", BTC, directory=True)
    async with http.get(f"{sim.url}/api/v3/exchangeInfo?symbol=BTCUSDT") as answer:
        assert answer.status == 400


async def test_the_switchboard_works_over_http(sim, http):
    url = f"{sim.url}/faults"
    async with http.post(url, json={"name": "slow_fill", "symbol": BTC, "seconds": 3}) as answer:
        entry = {"name": "slow_fill", "symbol": BTC, "seconds": 3}
        assert await answer.json() == {"active": [entry]}
    async with http.get(url) as answer:
        body = await answer.json()
        assert body["active"] == [entry]
        assert all(fault["sentence"] for fault in body["known"])
    async with http.delete(url, params={"name": "slow_fill", "symbol": BTC}) as answer:
        assert await answer.json() == {"active": []}


@pytest.mark.parametrize(
    "body", ["no json", "[]", '{"name": "nonsense"}', '{"name":"freeze","x":1}']
)
async def test_a_bad_fault_is_answered_with_a_remedy(sim, http, body):
    async with http.post(f"{sim.url}/faults", data=body) as answer:
        assert answer.status == 400
        assert set(await answer.json()) == {"code", "message", "hint"}


async def test_a_pushed_price_arrives_exactly(sim, quotes):
    client = await quotes(sim)
    await client.add(BTC)
    full = await client.values("pricescale")
    assert full["description"] == "Bitcoin / TetherUS"
    sim.market.push(BTC, last="67123.45", bid="67123.44", ask="67123.46")
    values = await client.values("lp")
    assert (values["lp"], values["bid"], values["ask"]) == (67123.45, 67123.44, 67123.46)
    assert "description" not in values


async def test_the_hello_comes_first_and_an_unknown_symbol_is_an_error(sim, quotes):
    client = await quotes(sim)
    assert (await client.next())["protocol"] == "json"
    client = await quotes(sim)
    await client.add("BINANCE:NOPE")
    answer = await client.next()
    assert answer["p"][1]["s"] == "error"


async def test_nonsense_is_a_protocol_error_and_the_end(sim, quotes):
    client = await quotes(sim)
    await client.next()
    await client.send("nonsense", "qs")
    assert (await client.next())["m"] == "protocol_error"
    with pytest.raises(ConnectionError):
        await client.next()


async def test_nobody_watches_after_the_last_client_has_gone(sim, quotes):
    client = await quotes(sim)
    await client.add(BTC)
    await client.until(lambda p: p["m"] == "quote_completed")
    await client.send("quote_remove_symbols", "qs_test", BTC)
    await client.send("quote_add_symbols", "qs_test", ETH)
    await client.until(lambda p: p["m"] == "quote_completed")
    sim.market.push(BTC, last="1.00")
    sim.market.push(ETH, last="2.00")
    assert (await client.values("lp"))["lp"] == 2


@pytest.fixture
async def quick():
    """A random market whose protocol runs a hundred times as fast."""
    settings = SimSettings(port=0, market="random", rate=50, period_scale=0.01, heavy=False)
    async with SimServer(settings) as server:
        yield server


async def test_heartbeats_come_and_who_does_not_echo_is_cut(quick, quotes):
    client = await quotes(quick)
    await client.next()
    assert await client.next(echo=False) == 1
    await client.until_cut(echo=False)


async def test_who_echoes_stays(quick, quotes):
    client = await quotes(quick)
    assert await client.until(lambda payload: payload == 8) == 8


async def test_a_frozen_price_has_live_heartbeats_and_thaws(quick, quotes):
    client = await quotes(quick)
    await client.add(BTC)
    await client.values("lp")
    quick.faults.set("freeze", BTC)
    first = await client.until(lambda payload: isinstance(payload, int))
    await client.until(lambda payload: isinstance(payload, int))
    assert isinstance(await client.next(), int), first
    quick.faults.clear("freeze")
    await client.values("lp")


async def test_prices_without_heartbeats(quick, quotes):
    quick.faults.set("no_heartbeats")
    client = await quotes(quick)
    await client.add(BTC)
    payloads = [await client.next() for _ in range(40)]
    assert not any(isinstance(payload, int) for payload in payloads)


async def test_a_spike_is_one_tick_and_a_repeat_is_two(sim, quotes):
    client = await quotes(sim)
    await client.add(BTC)
    await client.until(lambda p: p["m"] == "quote_completed")
    sim.faults.set("price_spike", BTC)
    sim.market.push(BTC, last="100.00")
    sim.market.push(BTC, last="101.00")
    sim.faults.set("equal_repeat", BTC)
    sim.market.push(BTC, last="102.00")
    assert [(await client.values("lp"))["lp"] for _ in range(4)] == [1000, 101, 102, 102]


async def test_zero_and_negative_are_shown_at_once(sim, quotes):
    client = await quotes(sim)
    await client.add(BTC)
    await client.until(lambda p: p["m"] == "quote_completed")
    sim.faults.set("zero", BTC)
    assert (await client.values("lp"))["lp"] == 0
    sim.faults.clear("zero")
    sim.faults.set("negative", BTC)
    assert (await client.values("lp"))["lp"] == 67123.45
    assert (await client.values("lp"))["lp"] == -67123.45


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_a_dropped_socket_is_one_that_can_come_back(sim, quotes, how):
    client = await quotes(sim)
    await client.add(BTC)
    await client.until(lambda p: p["m"] == "quote_completed")
    sim.faults.set("drop_socket", ETH)
    sim.faults.set("drop_socket", BTC, how=how)
    with pytest.raises(ConnectionError):
        await client.next()
    assert "session_id" in await (await quotes(sim)).next()


async def test_handshakes_are_refused_for_the_page_of_the_symbol(sim, quotes):
    sim.faults.set("refuse_socket", BTC)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await quotes(sim)
    assert caught.value.status == 429
    assert "session_id" in await (await quotes(sim, "symbols/ETHUSDT/")).next()


async def test_a_redirect_comes_as_often_as_asked(sim, quotes):
    sim.faults.set("redirect", times=1)
    assert await (await quotes(sim)).next() == {"redirect": f"127.0.0.1:{sim.port}"}
    assert "session_id" in await (await quotes(sim)).next()


async def test_a_redirect_set_again_is_counted_again(sim, quotes):
    for _ in range(2):
        sim.faults.set("redirect", BTC, times=1)
        assert "redirect" in await (await quotes(sim)).next()
        assert "session_id" in await (await quotes(sim, "symbols/ETHUSDT/")).next()
        assert "session_id" in await (await quotes(sim)).next()


async def test_a_price_frozen_before_the_start_stands_still(quotes):
    server = SimServer(SimSettings(port=0, market="manual"))
    server.faults.set("freeze", BTC)
    async with server:
        server.market.push(BTC, last="1.00")
        client = await quotes(server)
        await client.add(BTC)
        assert (await client.values("lp"))["lp"] == 67123.45


async def test_a_symbol_error_comes_and_goes(sim, quotes):
    client = await quotes(sim)
    await client.add(BTC)
    await client.until(lambda p: p["m"] == "quote_completed")
    sim.faults.set("symbol_error", BTC)
    assert (await client.next())["p"][1]["s"] == "error"
    sim.faults.clear()
    assert (await client.next())["p"][1]["s"] == "ok"


async def test_a_protocol_error_ends_the_connection(sim, quotes):
    client = await quotes(sim)
    await client.add(BTC)
    await client.until(lambda p: p["m"] == "quote_completed")
    sim.faults.set("protocol_error", BTC)
    assert (await client.next())["m"] == "protocol_error"
    with pytest.raises(ConnectionError):
        await client.next()


async def test_synthetic_prices_are_distinct(sim, quotes):
    client = await quotes(sim)
    await client.add(BTC)
    await client.until(lambda p: p["m"] == "quote_completed")
    await client.send("sim_rate", "qs_test", BTC, 1000)
    prices = [(await client.values("lp"))["lp"] for _ in range(500)]
    assert prices == sorted(set(prices))


async def test_the_recorded_minute_is_played_from_its_first_trade(quotes):
    settings = SimSettings(port=0, market="recorded", speed=20, heavy=False)
    async with SimServer(settings) as server:
        client = await quotes(server)
        await client.add(BTC)
        prices = [(await client.values("lp"))["lp"] for _ in range(3)]
        assert prices == [39432.48, 39439.44, 39439.22]


async def test_a_port_in_use_is_an_error_with_a_remedy(sim):
    with pytest.raises(StartError) as caught:
        await SimServer(SimSettings(port=sim.port)).start()
    assert caught.value.hint


async def test_stopping_ends_open_sockets_and_is_safe_twice(quotes):
    server = SimServer(SimSettings(port=0, market="manual"))
    await server.start()
    client = await quotes(server)
    await client.next()
    closing = asyncio.create_task(server.stop())
    with pytest.raises(ConnectionError):
        await client.next()
    await closing
    await server.stop()


async def test_pushes_are_checked(sim):
    with pytest.raises(UnknownSymbol):
        sim.market.push("BINANCE:NOPE", last="1")
    with pytest.raises(BadPrice):
        sim.market.push(BTC, last="0.001")
