"""REST, server-sent events, health and metrics, asked by a client that is not ours."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import msgspec
import pytest

from cryptostream.gateway.auth import Grant, checked_token, new_secret
from cryptostream.gateway.closing import Close
from cryptostream.gateway.process import serving
from cryptostream.gateway.token_file import write
from tests.gateway.conftest import gateway_config
from tests.local_market import until

BTC, ETH = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def get(http, world, path, **headers):
    async with http.get(world.url + path, headers=headers) as answer:
        body = await answer.read()
        is_json = answer.content_type == "application/json"
        return answer.status, json.loads(body) if is_json else body.decode()


@pytest.fixture
async def followed(world):
    """Return a viewer of BTCUSDT that has seen one tick."""
    async with world.viewer() as viewer:
        await viewer.ask("subscribe", tickers=["BTCUSDT"])
        await world.opened(BTC)
        world.market.source.tick(BTC, "100.10")
        await viewer.tick("100.10")
        yield viewer


@pytest.mark.usefixtures("followed")
async def test_every_endpoint_answers(world, http):
    status, tickers = await get(http, world, "/v1/tickers")
    assert (status, [one["symbol"] for one in tickers["tickers"]]) == (200, [BTC])

    _, snapshot = await get(http, world, "/v1/snapshot?tickers=btcusdt,!,NOSUCH")
    known, bad, unknown = snapshot["results"]
    assert [one["ticker"] for one in snapshot["results"]] == ["btcusdt", "!", "NOSUCH"]
    image = next(one for one in known["records"] if one["k"] == "tick")
    assert (image["last"], image["image"], image["seq"]) == ("100.10", True, 1)
    assert bad["error"]["code"] == "bad_symbol"
    assert (unknown["ok"], unknown["symbol"]) == (True, "BINANCE:NOSUCH")

    _, history = await get(http, world, "/v1/history?ticker=BTCUSDT&limit=5")
    assert [one["last"] for one in history["records"]] == ["100.10"]
    assert "image" not in history["records"][0]

    _, found = await get(http, world, "/v1/search?q=btcusdt&limit=3")
    assert [one["symbol"] for one in found["found"]] == [BTC]
    _, sources = await get(http, world, "/v1/sources")
    assert "sources" in sources
    _, told = await get(http, world, "/v1/status")
    assert told["gateway"]["tickers"] == {BTC: 1}
    assert told["gateway"]["viewers"][0]["tickers"] == 1
    assert told["daemon"]["pid"] > 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/nothing", 404, "not_found"),
        ("/v1/history", 400, "bad_symbol"),
        ("/v1/history?ticker=BTCUSDT&limit=0", 400, "bad_request"),
        ("/v1/history?ticker=BTCUSDT&limit=x", 400, "bad_request"),
        ("/v1/history?ticker=BTCUSDT&kind=bar", 400, "bad_request"),
        ("/v1/snapshot", 400, "bad_request"),
        ("/v1/stream", 400, "bad_request"),
    ],
)
async def test_a_refusal_has_a_code_and_a_status(world, http, path, status, code):
    got, body = await get(http, world, path)
    assert (got, body["error"]["code"]) == (status, code)


async def test_what_is_served_is_what_the_description_says(world, http):
    _, document = await get(http, world, "/v1/openapi.json")
    for path, item in document["paths"].items():
        queries = {one["name"]: "BTCUSDT" for one in item["get"]["parameters"] if one["required"]}
        text = "&".join(f"{name}={value}" for name, value in queries.items())
        status, body = await get(http, world, f"{path}?{text}")
        assert status == 200
        schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert set(schema["required"]) <= set(body)


@pytest.mark.usefixtures("followed")
async def test_metrics_and_health(world, http):
    assert await get(http, world, "/healthz") == (200, "alive\n")
    assert await get(http, world, "/readyz") == (200, "ready\n")
    status, page = await get(http, world, "/metrics")
    assert status == 200
    assert 'cryptostream_gateway_viewers{transport="websocket"} 1' in page
    assert f'cryptostream_gateway_age_seconds{{symbol="{BTC}"}} 0.' in page
    assert "cryptostream_router_up 1\n" in page
    assert 'cryptostream_tickers{phase="live"} 1' in page


async def test_without_a_router_it_lives_but_is_not_ready(free_ports, tmp_path, http):
    config = gateway_config(free_ports(3), tmp_path)
    async with serving(config):

        class Alone:
            url = f"http://127.0.0.1:{config.gateway.port}"

        assert (await get(http, Alone, "/healthz"))[0] == 200
        assert (await get(http, Alone, "/readyz"))[0] == 503
        assert "cryptostream_router_up 0\n" in (await get(http, Alone, "/metrics"))[1]
        status, body = await get(http, Alone, "/v1/tickers")
        assert (status, body["error"]["code"]) == (503, "not_connected")
        status, body = await get(http, Alone, "/v1/status")
        assert (status, body["daemon"]) == (200, None)


async def test_foreign_pages_and_foreign_names_are_refused(begin, http):
    async with begin(origins=["https://mine.example"]) as world:
        for headers in (
            {"Origin": "https://evil.example"},
            {"Host": "rebound.example"},
            {"Host": "rebound.example:1", "Origin": "http://rebound.example:1"},
        ):
            status, body = await get(http, world, "/v1/tickers", **headers)
            assert (status, body["error"]["code"]) == (403, "bad_origin")
        async with http.get(
            world.url + "/v1/tickers", headers={"Origin": "https://mine.example"}
        ) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://mine.example"


async def test_tokens_are_taken_from_the_header_alone(begin, http, tmp_path):
    secret = new_secret()
    grant = Grant(tickers=("BINANCE:BTC*",))
    token = checked_token("me", secret, 1, grant)
    await asyncio.to_thread(write, tmp_path / "tokens.json", [token])
    async with begin(auth="token") as world:
        status, body = await get(http, world, f"/v1/tickers?token={secret}")
        assert (status, body["error"]["code"]) == (401, "no_token")
        status, body = await get(http, world, "/v1/tickers", Authorization="Bearer x")
        assert (status, body["error"]["code"]) == (401, "bad_token")
        bearer = {"Authorization": f"Bearer {secret}"}
        assert (await get(http, world, "/v1/tickers", **bearer))[0] == 200
        status, body = await get(http, world, "/v1/history?ticker=ETHUSDT", **bearer)
        assert (status, body["error"]["code"]) == (403, "not_allowed")
        assert (await get(http, world, "/metrics"))[0] == 401
        assert (await get(http, world, "/healthz"))[0] == 200


# -- server-sent events -------------------------------------------------------------------


async def events(answer):
    """Yield (event, id, data) as a browser would."""
    event: dict[str, str] = {}
    async for line in answer.content:
        text = line.decode().rstrip("\n")
        if not text:
            yield event["event"], event.get("id"), msgspec.json.decode(event["data"])
            event = {}
        else:
            name, _, value = text.partition(": ")
            event[name] = value


async def test_events_begin_with_the_answer_and_a_cursor_recovers(world, http):
    source = world.market.source
    path = f"{world.url}/v1/stream?tickers=btcusdt,!,ETHUSDT&interval_ms=0"
    accept = {"Accept": "text/event-stream"}
    async with http.get(path, headers=accept) as answer, world.viewer() as holds:
        await holds.ask("subscribe", tickers=["BTCUSDT", "ETHUSDT"])
        stream = events(answer)
        name, _, hello = await anext(stream)
        while name != "hello":
            name, _, hello = await anext(stream)
        assert [one["ok"] for one in hello["results"]] == [True, False, True]
        await world.opened(BTC)
        source.tick(BTC, "1")
        source.tick(BTC, "2")
        mark = None
        async for name, found, data in stream:
            if name == "batch":
                mark = found
                if data["records"][-1].get("last") == "2":
                    break
        assert mark.endswith("-2..")
        answer.close()
        source.tick(BTC, "3")
        source.tick(BTC, "4")
        await holds.tick("4")
        async with http.get(path, headers={**accept, "Last-Event-ID": mark}) as again:
            stream = events(again)
            prices = []
            async for name, _, data in stream:
                if name == "hello":
                    assert data["results"][0]["recovered"] == {"tick": True}
                if name == "batch":
                    prices += [one["last"] for one in data["records"] if one["k"] == "tick"]
                if "4" in prices:
                    break
            assert prices == ["3", "4"]
            world.services.end_all(Close.SHUTDOWN)
            [last] = [data async for name, _, data in stream if name == "close"]
            assert last == {"t": "close", "code": 4000, "reason": "shutdown"}


async def marks_until(stream, last):
    """Return the newest cursor and the prices of a stream up to one."""
    mark, prices = None, []
    async for name, found, data in stream:
        if name == "gap":
            prices.append(data["reason"])
        if name == "batch":
            mark = found
            prices += [one["last"] for one in data["records"] if one["k"] == "tick"]
        if last in prices:
            return mark, prices
    raise AssertionError("the stream ended")


async def test_a_ticker_that_was_quiet_on_one_connection_is_recovered_on_the_next(world, http):
    source = world.market.source
    path = f"{world.url}/v1/stream?tickers=BTCUSDT,ETHUSDT&interval_ms=0"
    accept = {"Accept": "text/event-stream"}
    async with world.viewer() as holds:
        await holds.ask("subscribe", tickers=["BTCUSDT", "ETHUSDT"])
        await world.opened(BTC)
        await world.opened("BINANCE:ETHUSDT")
        mark = ""
        # Ethereum is quiet on the second connection, and speaks while nobody is connected.
        for present, away in (["10", "1"], []), (["2"], ["30", "40"]), (["3"], []):
            headers = {**accept, "Last-Event-ID": mark} if mark else accept
            async with http.get(path, headers=headers) as answer:
                stream = events(answer)
                name, _, _ = await anext(stream)
                while name != "hello":
                    name, _, _ = await anext(stream)
                for price in present:
                    source.tick("BINANCE:ETHUSDT" if int(price) >= 10 else BTC, price)
                mark, prices = await marks_until(stream, present[-1])
            for price in away:
                source.tick("BINANCE:ETHUSDT", price)
            if away:
                await holds.tick(away[-1])
        assert prices == ["30", "40", "3"]


async def test_an_event_id_that_is_none_of_ours_is_told_as_a_gap(world, http):
    source = world.market.source
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "somebody else's"}
    async with world.viewer() as holds:
        await holds.ask("subscribe", tickers=["BTCUSDT"])
        await world.opened(BTC)
        source.tick(BTC, "1")
        await holds.tick("1")
        async with http.get(f"{world.url}/v1/stream?tickers=BTCUSDT", headers=headers) as answer:
            _, prices = await marks_until(events(answer), "1")
            assert prices == ["aged_out", "1"]


@pytest.mark.parametrize(
    "query", ["", "?tickers=BTCUSDT&interval_ms=x", "?tickers=BTCUSDT&kinds=bar"]
)
async def test_an_address_that_says_nothing_sensible_is_refused(world, http, query):
    status, body = await get(http, world, f"/v1/stream{query}", Accept="text/event-stream")
    assert (status, body["error"]["code"]) == (400, "bad_request")


async def test_who_leaves_a_stream_of_events_releases_its_tickers(world, http):
    accept = {"Accept": "text/event-stream"}
    async with http.get(f"{world.url}/v1/stream?tickers=BTCUSDT", headers=accept) as answer:
        await until(lambda: BTC in world.services.hub.symbols)
        assert answer.status == 200
    await until(lambda: not world.services.hub.viewers)
    assert not world.services.hub.symbols
