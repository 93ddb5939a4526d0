"""One request: its good answer, and every bad one as an error of ours."""

import aiohttp
import pytest

from cryptostream.errors import CryptoStreamError
from cryptostream.sources.binance.inquiries import Kind, Question
from cryptostream.sources.binance.rest import ask

LISTING = Question(Kind.LISTING, ("BTCUSDT",))


async def code_of(http, host, question=LISTING):
    with pytest.raises(CryptoStreamError) as caught:
        await ask(http, host, question)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "code", "pause"),
    [
        ("binance_rest_429", "rate_limited", 30.0),
        ("binance_rest_418", "banned", 120.0),
        ("binance_rest_451", "geo_blocked", None),
        ("binance_rest_html", "geo_blocked", None),
        ("binance_rest_500", "http_error", None),
    ],
)
async def test_a_refusal_has_a_code_and_perhaps_a_pause(sim, http, fault, code, pause):
    sim.faults.set(fault)
    error = await code_of(http, sim.url)
    assert (error.code, error.retry_after) == (code, pause)


async def test_an_unknown_symbol_is_told(sim, http):
    question = Question(Kind.DAY, ("BTCUSDT", "NOPE"))
    assert (await code_of(http, sim.url, question)).code == "unknown_symbol"


async def test_a_host_that_is_slow_or_not_there_is_unreachable(sim, free_port):
    sim.faults.set("binance_rest_slow", seconds=30)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as http:
        assert (await code_of(http, sim.url)).code == "unreachable"
        assert (await code_of(http, f"http://127.0.0.1:{free_port}")).code == "unreachable"


async def test_a_good_answer_is_bytes(sim, http):
    body = await ask(http, sim.url, LISTING)
    assert b'"BTCUSDT"' in body.data
    assert (body.simulated, body.weight) == (True, "20")
