"""Connect as foreign programs and pages meet it: curl, other origins, other methods."""

from __future__ import annotations

import asyncio
import json
import shutil

import aiohttp
import pytest

from cryptostream.gateway.rpc import PATH
from tests.gateway.conftest import DEADLINE
from tests.local_market import until

BTC = "BINANCE:BTCUSDT"
JSON = {"content-type": "application/json"}
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


def enveloped(message: dict) -> bytes:
    body = json.dumps(message).encode()
    return b"\0" + len(body).to_bytes(4) + body


async def curl(*arguments: str, body: bytes) -> asyncio.subprocess.Process:
    """Start curl with a request body on its input."""
    process = await asyncio.create_subprocess_exec(
        "curl",
        *("--silent", "--show-error", "--no-buffer", "--data-binary", "@-", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    process.stdin.write(body)
    await process.stdin.drain()
    process.stdin.close()
    await process.stdin.wait_closed()
    return process


async def envelope(process: asyncio.subprocess.Process) -> tuple[int, dict]:
    """Return the flags and the message of the next envelope."""
    async with asyncio.timeout(DEADLINE):
        head = await process.stdout.readexactly(5)
        body = await process.stdout.readexactly(int.from_bytes(head[1:]))
    return head[0], json.loads(body)


async def asked(world, method: str, message: dict) -> dict:
    process = await curl(
        *("--header", "Content-Type: application/json"),
        f"{world.url}{PATH}/{method}",
        body=json.dumps(message).encode(),
    )
    async with asyncio.timeout(DEADLINE):
        out, _ = await process.communicate()
    return json.loads(out)


@needs_curl
async def test_curl_asks_in_json(world):
    found = await asked(world, "SearchTickers", {"text": "btcusdt"})
    assert [one["symbol"] for one in found["found"]] == [BTC]
    told = await asked(world, "GetStatus", {})
    assert told["gateway"]["connected"] is True
    assert (await asked(world, "GetHistory", {"ticker": "btcusdt"})) == {"symbol": BTC}
    refused = await asked(world, "GetHistory", {"ticker": "!"})
    assert refused["code"] == "invalid_argument"
    assert refused["details"][0]["debug"]["code"] == "bad_symbol"
    misspelt = await asked(world, "SearchTickers", {"txt": "btcusdt"})
    assert misspelt["code"] == "invalid_argument"


@needs_curl
async def test_curl_streams_in_json_and_modifies(world):
    process = await curl(
        *("--header", "Content-Type: application/connect+json"),
        f"{world.url}{PATH}/StreamPrices",
        body=enveloped({"clientId": "curl", "tickers": ["btcusdt", "NOSUCH"]}),
    )
    try:
        flags, first = await envelope(process)
        assert flags == 0
        results = first["results"]["results"]
        assert [one.get("ok", False) for one in results] == [True, False]
        assert results[1]["error"]["code"] == "unknown_symbol"
        await world.opened(BTC)
        world.market.source.tick(BTC, "100.10")
        ticks = []
        while not ticks:
            _, event = await envelope(process)
            records = event.get("batch", {}).get("records", [])
            ticks = [one["tick"] for one in records if "tick" in one]
        assert (ticks[0]["last"], ticks[0]["seq"]) == ("100.10", "1")
        answer = await asked(world, "ModifyTickers", {"clientId": "curl", "remove": ["BTCUSDT"]})
        assert answer["running"] is True
        assert world.services.hub.symbols == {}
    finally:
        process.kill()
        await process.communicate()
    await until(lambda: not world.services.hub.viewers)


async def test_another_page_is_refused_and_a_listed_one_may_read(begin, http):
    listed = "https://app.example"
    async with begin(origins=[listed]) as world:
        url = f"{world.url}{PATH}/GetStatus"
        foreign = {**JSON, "origin": "https://evil.example"}
        async with http.post(url, data="{}", headers=foreign) as answer:
            assert answer.status == 403
            assert (await answer.json())["code"] == "permission_denied"
            assert "access-control-allow-origin" not in answer.headers
        async with http.options(url, headers={"origin": listed}) as answer:
            assert answer.status == 204
            assert answer.headers["access-control-allow-origin"] == listed
            assert "connect-protocol-version" in answer.headers["access-control-allow-headers"]
        async with http.post(url, data="{}", headers={**JSON, "origin": listed}) as answer:
            assert answer.status == 200
            assert answer.headers["access-control-allow-origin"] == listed
            assert answer.headers["cache-control"] == "no-store"
        assert world.services.counters.refused == {"bad_origin": 1}


async def test_a_call_cannot_be_made_by_a_link(world, http):
    query = {"encoding": "json", "connect": "v1", "message": '{"clientId":"c","add":["BTCUSDT"]}'}
    async with http.get(f"{world.url}{PATH}/ModifyTickers", params=query) as answer:
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("Nothing", JSON, b"{}", 404),
        ("GetStatus", {"content-type": "text/plain"}, b"{}", 415),
        ("GetStatus", JSON, b"{", 400),
        ("SearchTickers", JSON, b'{"text":"' + b"x" * 70_000 + b'"}', 429),
        ("SearchTickers", {"content-type": "application/proto"}, b"\xff\xff\xff", 400),
    ],
)
async def test_what_is_no_call_is_refused(world, http, method, headers, body, status):
    async with http.post(f"{world.url}{PATH}/{method}", data=body, headers=headers) as answer:
        assert answer.status == status


async def test_a_compressed_request_is_read_and_the_answer_is_plain(world, http):
    headers = {**JSON, "accept-encoding": "gzip"}
    url = f"{world.url}{PATH}/GetStatus"
    async with http.post(url, data=b"{}", headers=headers, compress="gzip") as answer:
        assert answer.status == 200
        assert answer.headers.get("content-encoding", "identity") == "identity"
